/** `tls` of a traffic policy: Istio's admission (`ValidateTLS`), and what leaves a server unverified. */
import { doubtful, type Problem } from '../problem.ts';
import { invalid } from '../rule.ts';
import { checkSecretName } from './secret-name.ts';

export interface ClientTlsSettings {
  readonly mode?: 'DISABLE' | 'SIMPLE' | 'MUTUAL' | 'ISTIO_MUTUAL';
  readonly clientCertificate?: string;
  readonly privateKey?: string;
  readonly caCertificates?: string;
  readonly credentialName?: string;
  readonly subjectAltNames?: readonly string[];
  readonly sni?: string;
  readonly insecureSkipVerify?: boolean;
  readonly caCrl?: string;
}

const quoted = (fields: readonly string[]): string => fields.map((field) => `\`${field}\``).join(', ');

function* checkUnverified(tls: ClientTlsSettings, path: string): Iterable<Problem> {
  if (!tls.insecureSkipVerify) return;
  yield doubtful('IST0128', `${path}.insecureSkipVerify`, [
    'the server is not verified: anyone can be it',
    'Name the CA in `caCertificates`.',
  ]);
  const asked = (['caCertificates', 'subjectAltNames'] as const).filter((field) => tls[field]?.length);
  const idle = tls.mode === 'SIMPLE' && tls.credentialName ? [...asked, 'credentialName'] : asked;
  if (idle.length > 0)
    yield invalid(path, `\`insecureSkipVerify\` leaves ${quoted(idle)} without effect`, 'Remove them, or `insecureSkipVerify`.');
}

/** What Envoy takes as a server name; it would refuse the whole cluster for another. */
const serverName = /^[!-~]{1,255}$/;

export function* checkClientTls(tls: ClientTlsSettings, path: string): Iterable<Problem> {
  const files = (['clientCertificate', 'privateKey', 'caCertificates', 'caCrl'] as const).filter((field) => tls[field]);
  if (tls.mode === 'ISTIO_MUTUAL' && (files.length > 0 || tls.credentialName)) {
    const own = tls.credentialName ? [...files, 'credentialName'] : files;
    yield invalid(path, `\`ISTIO_MUTUAL\` brings its own certificates, so ${quoted(own)} may not be set`, 'Remove them, or use `MUTUAL`.');
  }
  if (tls.credentialName && files.length > 0 && tls.mode !== 'ISTIO_MUTUAL')
    yield invalid(path, '`credentialName` and files exclude each other', 'Remove one of them.');
  if (tls.mode === 'MUTUAL' && !tls.credentialName) {
    for (const field of ['clientCertificate', 'privateKey'] as const) {
      if (!tls[field]) yield invalid(path, `\`MUTUAL\` needs \`${field}\``, `Add \`${field}\`, or use \`SIMPLE\`.`);
    }
  }
  yield* checkSecretName(tls.credentialName, `${path}.credentialName`, { pair: tls.mode === 'MUTUAL' });
  if (tls.sni && !serverName.test(tls.sni))
    yield invalid(`${path}.sni`, `\`${tls.sni.slice(0, 80)}\` is no server name`, 'Write the host name of the server.');
  yield* checkUnverified(tls, path);
}
