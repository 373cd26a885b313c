/** Mail, through a server that takes it. Its connection is made by weftd's own guard and lent to the mailer. */
import { isIP } from 'node:net';
import type { EmailReceiver } from '@weft/model';
import { createTransport } from 'nodemailer';
import { dial, type Peer } from '../../outbound/guard.ts';
import { fingerprint, lines, type Notify, title } from './told.ts';

const peerOf = ({ smarthost }: EmailReceiver): Peer => {
  const colon = smarthost.lastIndexOf(':');
  return { host: smarthost.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(smarthost.slice(colon + 1)) };
};

/** Milliseconds for each step; the attempt as a whole has its own end. */
const patience = { connectionTimeout: 10_000, greetingTimeout: 10_000, socketTimeout: 10_000 } as const;

export const email: Notify<'email'> = async (told, receiver, { secret, reach, signal }) => {
  const { to, from, tls = 'StartTLS', username, password } = receiver;
  const peer = peerOf(receiver);
  const connection = await dial(peer, reach, signal);
  const transport = createTransport({
    ...peer,
    ...patience,
    connection,
    secure: tls === 'Implicit',
    requireTLS: tls === 'StartTLS',
    ignoreTLS: tls === 'None',
    // Whatever the environment says of certificates.
    tls: { ...(isIP(peer.host) === 0 && { servername: peer.host }), rejectUnauthorized: true },
    ...(username !== undefined && password && { auth: { user: username, pass: secret(password).trim() } }),
    // Text comes from here: nothing is fetched or read for it.
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  // However slowly somebody answers.
  const giveUp = (): void => void connection.destroy(new Error('it took too long'));
  signal.addEventListener('abort', giveUp);
  try {
    const { rejected } = await transport.sendMail({
      from,
      to: [...to],
      subject: title(told),
      text: `${lines(told).join('\n')}\n\n${told.externalUrl}\n`,
      messageId: `<${fingerprint(told.notification.id)}@weft>`,
    });
    return rejected.length === 0 ? undefined : `the server refuses ${rejected.map(String).join(', ')}`;
  } finally {
    signal.removeEventListener('abort', giveUp);
    transport.close();
    connection.destroy();
  }
};
