/** Secrets that a Gateway's servers name: they must be where its pods run, and hold what is asked of them. */
import { type Problem, wrong } from '@weft/model';
import type { Gateway, Mesh, ServerTls } from '../mesh/index.ts';
import { credentialKey, findAuthority, findSecret } from '../scope/credentials.ts';

interface Named {
  readonly field: string;
  readonly name: string;
  readonly isAuthority: boolean;
}

const namesOf = ({ certificates, authority }: ServerTls): readonly Named[] => {
  const secrets = certificates.flatMap((certificate) => (certificate.kind === 'secret' ? [certificate.name] : []));
  const own = secrets.map((name, index) => ({
    field: secrets.length > 1 ? `credentialNames[${index}]` : 'credentialName',
    name,
    isAuthority: false,
  }));
  if (authority?.kind !== 'secret') return own;
  const field = authority.name === `${secrets[0]}-cacert` ? 'credentialName' : 'caCertCredentialName';
  return [...own, { field, name: authority.name, isAuthority: true }];
};

const missing = ({ name, isAuthority }: Named, namespace: string, { credentials }: Mesh): Problem['message'] | undefined => {
  const found = isAuthority ? findAuthority(name, namespace, credentials) : findSecret(name, namespace, credentials);
  if (found) return undefined;
  const what = isAuthority ? 'the CA that clients are checked against' : 'a certificate and its key';
  const key = credentialKey(name, namespace);
  if (key === undefined) return `the gateway's pods run in namespace ${namespace} and see no Secret of another one`;
  // Envoy keeps the last that it was told: a Secret that is gone is shown until it restarts, as in Istio.
  return `there is no Secret \`${key}\` with ${what}: gateways that never had one close the server's connections, others show the last until they restart`;
};

/** @param namespaces of the gateway's pods */
export const credentialProblems = ({ listeners }: Gateway, namespaces: readonly string[], mesh: Mesh): readonly Problem[] =>
  listeners.flatMap(({ tls }, index) =>
    (tls ? namesOf(tls) : []).flatMap((named) =>
      namespaces.flatMap((namespace) => {
        const message = missing(named, namespace, mesh);
        const exists = mesh.credentials.has(credentialKey(named.name, namespace) ?? '');
        const help = `Create it in namespace ${namespace}, where the gateway's pods run.`;
        return message === undefined
          ? []
          : [wrong(exists ? 'IST0161' : 'IST0101', `spec.servers[${index}].tls.${named.field}`, [message, help])];
      }),
    ),
  );

const pairsOf = ({ listeners }: Gateway): readonly string[] =>
  listeners.flatMap(({ tls }) => (tls?.certificates ?? []).map((certificate) => JSON.stringify(certificate)));

/** Of a connection that was opened for one of them, a browser asks the other's hosts too, and gets 404 (Istio's `CertificateAnalyzer`). */
export const sharesCertificate = (one: Gateway, other: Gateway): boolean => {
  const taken = new Set(pairsOf(other));
  return pairsOf(one).some((pair) => taken.has(pair));
};
