/**
 * What a Secret says of how a server outside is asked, by Kubernetes' own names of keys where there are such: `token`, `username` and `password`
 * (kubernetes.io/basic-auth), `ca.crt`, `tls.crt` and `tls.key` (kubernetes.io/tls); and `header.NAME` for any other header.
 */
import { authorityOf, keyPairOf, type SecretSpec, secretText } from '../kubernetes/secret.ts';
import { isHeaderName } from '../text/header.ts';

export interface Credentials {
  readonly headers: Readonly<Record<string, string>>;
  readonly basic?: { readonly username: string; readonly password: string };
  /** PEM: who is trusted instead of those whom everybody trusts. */
  readonly authority?: string;
  /** PEM: who asks. */
  readonly client?: { readonly certificate: string; readonly key: string };
}

export const noCredentials: Credentials = { headers: {} };

const headerPrefix = 'header.';

/** What the message itself says. */
const reserved = new Set([
  ...['host', 'content-type', 'content-length', 'content-encoding', 'transfer-encoding', 'connection', 'te', 'upgrade'],
  ...['accept', 'accept-encoding', 'user-agent', 'x-prometheus-remote-write-version'],
]);

/** Line breaks at its end are the editor's. */
const valueOf = (spec: SecretSpec, key: string): string | undefined => secretText(spec, key)?.replace(/[\r\n]+$/, '');

const isValue = (text: string): boolean => /^[\x20-\x7e]+$/.test(text);

const headerKeys = ({ data = {}, stringData = {} }: SecretSpec): readonly string[] =>
  [...new Set([...Object.keys(data), ...Object.keys(stringData)])].filter((key) => key.startsWith(headerPrefix));

/** Of a Secret without `credentialFlaws`. */
export const credentialsOf = (spec: SecretSpec): Credentials => {
  const [token, username, password] = ['token', 'username', 'password'].map((key) => valueOf(spec, key));
  const authority = authorityOf(spec)?.certificates;
  const client = keyPairOf(spec);
  const named = headerKeys(spec).map((key) => [key.slice(headerPrefix.length).toLowerCase(), valueOf(spec, key) ?? ''] as const);
  return {
    headers: { ...Object.fromEntries(named), ...(token !== undefined && { authorization: `Bearer ${token}` }) },
    ...(username !== undefined && password !== undefined && { basic: { username, password } }),
    ...(authority !== undefined && { authority }),
    ...(client && { client }),
  };
};

const flawOfHeader = (spec: SecretSpec, key: string): readonly string[] => {
  const name = key.slice(headerPrefix.length).toLowerCase();
  if (!isHeaderName(name) || reserved.has(name)) return [`\`${key.slice(0, 80)}\` names no header that can be sent`];
  const value = valueOf(spec, key);
  return value !== undefined && isValue(value) ? [] : [`\`${key.slice(0, 80)}\` holds nothing that a header can`];
};

const pairFlaws = (spec: SecretSpec, [one, other]: readonly [string, string]): readonly string[] => {
  const [hasOne, hasOther] = [one, other].map((key) => valueOf(spec, key) !== undefined);
  if (hasOne === hasOther) return [];
  return [`\`${hasOne ? one : other}\` is there without \`${hasOne ? other : one}\``];
};

/** All of these say who asks. */
const callers = ['token', 'username', `${headerPrefix}authorization`];

/** Why nobody can be asked with it; what it holds is never said. */
export const credentialFlaws = (spec: SecretSpec): readonly string[] => {
  const keys = [...['token', 'username'], ...headerKeys(spec)].filter((key) => valueOf(spec, key) !== undefined);
  const odd = keys.filter((key) => !key.startsWith(headerPrefix) && !isValue(valueOf(spec, key) ?? ''));
  const [one, other] = keys.filter((key) => callers.includes(key.toLowerCase()));
  const flaws = [
    ...pairFlaws(spec, ['username', 'password']),
    ...pairFlaws(spec, ['tls.crt', 'tls.key']),
    ...odd.map((key) => `\`${key}\` holds nothing that a header can`),
    ...(other === undefined ? [] : [`\`${one}\` and \`${other}\` exclude each other`]),
    ...headerKeys(spec).flatMap((key) => flawOfHeader(spec, key)),
  ];
  const { headers, basic, authority, client } = credentialsOf(spec);
  const isNothing = Object.keys(headers).length === 0 && !basic && authority === undefined && !client;
  return flaws.length === 0 && isNothing ? ['it says nothing that a server could be asked with'] : flaws;
};
