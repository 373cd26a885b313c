/** Letters to a real mail server, with all that mail servers ask for: TLS that is begun in the middle or from the start, names and passwords. */
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { text } from 'node:stream/consumers';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import type { EmailReceiver } from '@weft/model';
import type { Alert } from '@weft/signals';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { selfSigned } from '../../outbound/self-signed.fixture.ts';
import { notify } from './notify.ts';

const host = 'mail.example';

interface Letter {
  readonly secure: boolean;
  /** False: nobody. */
  readonly user: unknown;
  readonly to: readonly string[];
  readonly text: string;
}

interface MailServer {
  readonly server: SMTPServer;
  readonly port: number;
  readonly letters: Letter[];
  /** Names and passwords that were tried. */
  readonly tried: string[];
}

let pair: { readonly cert: string; readonly key: string };
const before = getCACertificates('default');
beforeAll(async () => {
  pair = await selfSigned(host);
  setDefaultCACertificates([pair.cert]);
});
afterAll(() => setDefaultCACertificates(before));

const opened: SMTPServer[] = [];
afterEach(async () => {
  for (const server of opened.splice(0)) await new Promise<void>((resolve) => server.close(() => resolve()));
});

const mailServer = async (options: SMTPServerOptions = {}): Promise<MailServer> => {
  const letters: Letter[] = [];
  const tried: string[] = [];
  const server = new SMTPServer({
    ...pair,
    onAuth: ({ username, password }, _, callback) => {
      tried.push(`${username}:${password}`);
      if (username === 'weft' && password === 'hidden') callback(null, { user: username });
      else callback(new Error('535 no such account'));
    },
    onData: (stream, session, callback) => {
      void text(stream).then((letter) => {
        const to = session.envelope.rcptTo.map(({ address }) => address);
        letters.push({ secure: session.secure, user: session.user, to, text: letter });
        callback();
      });
    },
    ...options,
  });
  server.on('error', () => {});
  opened.push(server);
  const listening = server.listen(0, '127.0.0.1');
  await once(listening, 'listening');
  return { server, port: (listening.address() as AddressInfo).port, letters, tried };
};

const alert = (service: string): Alert => ({
  id: 'a',
  rule: 'r',
  labels: { alertname: 'Slow', service },
  state: { kind: 'firing', since: 0, fired: 0 },
  reason: 'p99 was 700 ms',
});

const account = { username: 'weft', password: { name: 'mail', key: 'password' } };

const write = (
  port: number,
  more: Partial<EmailReceiver> = {},
  { service = 'pay', password = 'hidden', ms = 5000, name = host } = {},
): Promise<string | undefined> =>
  notify(
    {
      notification: { id: '1', receiver: 'r', group: 'g', labels: {}, occasion: 'first', firing: [alert(service)], resolved: [] },
      summary: () => 'payments are slow',
      externalUrl: 'http://weft',
      now: 0,
    },
    { email: { to: ['ops@example.org', 'dev@example.org'], from: 'weft@example.org', smarthost: `${name}:${port}`, ...more } },
    {
      secret: () => `${password}\n`,
      reach: { allowed: ['127.0.0.1'], resolve: async () => [{ address: '127.0.0.1', family: 4 }] },
      signal: AbortSignal.timeout(ms),
    },
  );

test.each([
  ['TLS that begins in the middle', 'StartTLS', {}],
  ['TLS from the start', 'Implicit', { secure: true }],
] as const)('a letter goes by %s, with name and password', async (_, tls, options) => {
  const mail = await mailServer(options);
  await write(mail.port, { tls, ...account });
  expect(mail.letters).toMatchObject([{ secure: true, user: 'weft', to: ['ops@example.org', 'dev@example.org'] }]);
  const [letter] = mail.letters;
  expect(letter?.text).toMatch(/^Subject: \[FIRING:1\] Slow \(service=pay\)\r$/m);
  expect(letter?.text).toMatch(/^firing: payments are slow: p99 was 700 ms\r$/m);
});

test('a server that asks for no name is told none', async () => {
  const mail = await mailServer({ authOptional: true });
  await write(mail.port);
  expect(mail.letters).toMatchObject([{ secure: true, user: false }]);
  expect(mail.tried).toEqual([]);
});

test('a wrong password, or none, is what is told of it, and no password is', async () => {
  const mail = await mailServer();
  const wrong = await write(mail.port, account, { password: 'mistyped' }).catch((error: Error) => error.message);
  expect(wrong).toMatch(/^[^\n]*Invalid login: 535[^\n]*$/);
  expect(wrong).not.toContain('mistyped');
  await expect(write(mail.port)).rejects.toThrow(/530|authentication required/i);
  expect(mail.letters).toEqual([]);
});

test.each(['StartTLS', 'Implicit'] as const)('a certificate for another host gets neither letter nor password (%s)', async (tls) => {
  const mail = await mailServer({ secure: tls === 'Implicit' });
  await expect(write(mail.port, { tls, ...account }, { name: 'smtp.example' })).rejects.toThrow(/certificate|altnames/i);
  expect([mail.letters, mail.tried]).toEqual([[], []]);
});

test('a server that offers no TLS gets neither letter nor password', async () => {
  const mail = await mailServer({ disabledCommands: ['STARTTLS'], allowInsecureAuth: true });
  await expect(write(mail.port, account)).rejects.toThrow(/STARTTLS|TLS/);
  expect([mail.letters, mail.tried]).toEqual([[], []]);
});

test('what alerts are called writes no headers of its own', async () => {
  const mail = await mailServer({ authOptional: true });
  await write(mail.port, {}, { service: 'pay\r\nBcc: spy@example.org\r\n\r\nüber' });
  const [head = ''] = (mail.letters[0]?.text ?? '').split('\r\n\r\n');
  expect(head).not.toMatch(/^bcc:/im);
  expect(head).toMatch(/^Subject: =\?UTF-8\?/m);
  expect(mail.letters[0]?.to).toEqual(['ops@example.org', 'dev@example.org']);
});

test('a server that refuses one of several is heard', async () => {
  const onRcptTo: SMTPServerOptions['onRcptTo'] = ({ address }, _, callback) =>
    address.startsWith('ops') ? callback() : callback(Object.assign(new Error('550 nobody of that name'), { responseCode: 550 }));
  const mail = await mailServer({ authOptional: true, onRcptTo });
  expect(await write(mail.port)).toBe('the server refuses dev@example.org');
  expect(mail.letters).toMatchObject([{ to: ['ops@example.org'] }]);
  await expect(write(mail.port, { to: ['dev@example.org'] })).rejects.toThrow('550');
});

test('a server that answers slowly is given up when the time is over', async () => {
  const slow = createServer((socket) => {
    socket.on('error', () => {});
    // Each word on its own is in time.
    const timer = setInterval(() => socket.write('220-wait\r\n'), 20);
    socket.on('close', () => clearInterval(timer));
  });
  slow.listen(0, '127.0.0.1');
  await once(slow, 'listening');
  try {
    await expect(write((slow.address() as AddressInfo).port, {}, { ms: 300 })).rejects.toThrow();
  } finally {
    slow.close();
  }
});
