/**
 * Which Secrets a proxy may have: those that its configuration names, in its own namespace, which is the one its certificate
 * proves [S136]. To everybody else a Secret does not exist; nor to one whose certificate names no instance, and who may call itself
 * a gateway of whatever labels.
 */
import type { Proxy } from '@weft/model';
import {
  type Credential,
  type CredentialSlice,
  type GatewaySlice,
  type Mesh,
  type ServedSecret,
  type ServerTls,
  selects,
} from '../mesh/index.ts';

const authoritySuffix = '-cacert';

/** `ns/name` in full, of the proxy's own namespace; undefined: it lies in another one. */
export const credentialKey = (name: string, namespace: string): string | undefined => {
  if (!name.includes('/')) return `${namespace}/${name}`;
  return name.startsWith(`${namespace}/`) ? name : undefined;
};

/** A name that ends in `-cacert` asks for a CA: of that Secret, or of the one without the ending (Istio's `GetCaCert`). */
export const findSecret = (name: string, namespace: string, credentials: Mesh['credentials']): ServedSecret | undefined => {
  const key = credentialKey(name, namespace);
  const found = key === undefined ? undefined : credentials.get(key);
  if (!name.endsWith(authoritySuffix)) return found?.pair && { kind: 'pair', name, credential: found };
  const named: Credential | undefined = found ?? credentials.get(key?.slice(0, -authoritySuffix.length) ?? '');
  return named?.authority && { kind: 'authority', name, credential: named };
};

/** A CA by a name of its own (`caCertCredentialName`), which need not end so. */
export const findAuthority = (name: string, namespace: string, credentials: Mesh['credentials']): ServedSecret | undefined => {
  if (name.endsWith(authoritySuffix)) return findSecret(name, namespace, credentials);
  const found = credentials.get(credentialKey(name, namespace) ?? '');
  return found?.authority && { kind: 'authority', name, credential: found };
};

const secretsOf = (
  { certificates, authority }: ServerTls,
  namespace: string,
  credentials: Mesh['credentials'],
): readonly ServedSecret[] => [
  ...certificates.flatMap((certificate) =>
    certificate.kind === 'secret' ? (findSecret(certificate.name, namespace, credentials) ?? []) : [],
  ),
  ...(authority?.kind === 'secret' ? [findAuthority(authority.name, namespace, credentials) ?? []].flat() : []),
];

/** Of the rules that may be for this client: at gateways all, at sidecars those that select it [S76]. */
const clientSecrets = (mesh: Mesh, { role, namespace, labels }: Proxy): readonly string[] => {
  const withSecrets = mesh.memo('rules with secrets', [mesh.destinations], () => mesh.destinations.filter(({ secrets }) => secrets));
  return withSecrets.flatMap((rule) => {
    const isChosen = rule.selector ? rule.namespace === namespace && selects(rule.selector, labels) : role === 'gateway';
    return isChosen ? (rule.secrets ?? []) : [];
  });
};

const none: CredentialSlice = { secrets: [] };

export const credentialSlice = (mesh: Mesh, proxy: Proxy, { servers }: GatewaySlice): CredentialSlice => {
  const { credentials, memo } = mesh;
  if (credentials.size === 0 || proxy.unbound) return none;
  const terminated = servers.flatMap(({ chains }) => chains.flatMap(({ tls }) => tls ?? []));
  const found = [
    ...terminated.flatMap((tls) => secretsOf(tls, proxy.namespace, credentials)),
    ...clientSecrets(mesh, proxy).flatMap((name) => findSecret(name, proxy.namespace, credentials) ?? []),
  ];
  if (found.length === 0) return none;
  const unique = [...new Map(found.map((secret) => [`${secret.kind} ${secret.name}`, secret] as const)).values()];
  const key = `credentials ${proxy.namespace} ${unique.map(({ kind, name }) => `${kind} ${name}`).join()}`;
  return memo(
    key,
    unique.map(({ credential }) => credential),
    () => ({ secrets: unique }),
  );
};
