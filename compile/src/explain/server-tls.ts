/** TLS that ends at a gateway: what the server lacks for it, and whom it refuses [S119, S136]. */
import type { ClientCertificate } from '@weft/model';
import type { CredentialSlice, ServerCertificate, ServerTls } from '../mesh/index.ts';

const secretOf = (source: ServerCertificate | ServerTls['authority']): string | undefined =>
  source?.kind === 'secret' ? source.name : undefined;

/** Files are the agent's matter: nobody here knows what is in them. */
const isThere = (source: ServerCertificate | ServerTls['authority'], kind: 'pair' | 'authority', { secrets }: CredentialSlice): boolean => {
  const name = secretOf(source);
  return name === undefined || secrets.some((secret) => secret.kind === kind && secret.name === name);
};

const missing = (tls: ServerTls, credentials: CredentialSlice): string | undefined => {
  const [first] = tls.certificates;
  if (first && !tls.certificates.some((one) => isThere(one, 'pair', credentials)))
    return `the gateway has no Secret ${secretOf(first)} with a certificate in its namespace`;
  if (tls.authority && !isThere(tls.authority, 'authority', credentials))
    return `the gateway has no Secret ${secretOf(tls.authority)} with a CA in its namespace`;
  return undefined;
};

const refused = (tls: ServerTls, certificate: ClientCertificate | undefined): string | undefined => {
  const { mode, authority, skipVerify } = tls;
  const isDemanded = mode === 'MUTUAL' || mode === 'ISTIO_MUTUAL';
  if (certificate === undefined) return isDemanded ? `${mode} demands a certificate of the client, which shows none` : undefined;
  if (mode === 'ISTIO_MUTUAL') return certificate === 'mesh' ? undefined : 'ISTIO_MUTUAL takes certificates of the mesh only';
  const isLooselyChecked = skipVerify && tls.subjectAltNames.length + tls.spki.length + tls.hashes.length === 0;
  if (!authority || isLooselyChecked || certificate === 'known') return undefined;
  return `the client’s certificate is none that the server’s CA vouches for (${mode})`;
};

/** Why the connection is closed; absent: it is not. */
export const objection = (tls: ServerTls, certificate: ClientCertificate | undefined, credentials: CredentialSlice): string | undefined =>
  missing(tls, credentials) ?? refused(tls, certificate);
