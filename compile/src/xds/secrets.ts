/** Secrets as SDS gives them: private keys leave weftd in these resources only. */
import { authoritySecret, create, credentialSecret, type Encoded, encodeResource, type Init } from '@weft/envoy';
import type { DataSourceSchema } from '@weft/envoy/gen/envoy/config/core/v3/base_pb.js';
import { SecretSchema } from '@weft/envoy/gen/envoy/extensions/transport_sockets/tls/v3/secret_pb.js';
import type { Credential, CredentialSlice, ServedSecret } from '../mesh/index.ts';
import { type Part, remember, rememberTable } from './remember.ts';

type Content = NonNullable<Init<typeof SecretSchema>['type']>;

const inline = (text: string): Init<typeof DataSourceSchema> => ({ specifier: { case: 'inlineString', value: text } });

const contentOf = ({ kind, credential: { pair, authority } }: ServedSecret): Content | undefined => {
  if (kind === 'pair')
    return pair && { case: 'tlsCertificate', value: { certificateChain: inline(pair.certificate), privateKey: inline(pair.key) } };
  const { certificates, revoked } = authority ?? {};
  if (certificates === undefined) return undefined;
  return { case: 'validationContext', value: { trustedCa: inline(certificates), ...(revoked !== undefined && { crl: inline(revoked) }) } };
};

const encode = (secret: ServedSecret): Part => {
  const name = secret.kind === 'pair' ? credentialSecret(secret.name) : authoritySecret(secret.name);
  const type = contentOf(secret);
  return type ? [encodeResource(name, SecretSchema, create(SecretSchema, { name, type }))] : [];
};

const encoded = rememberTable<Credential, Part>();

export const secretResources: (slice: CredentialSlice) => readonly Encoded[] = remember(({ secrets }) =>
  secrets.flatMap((secret) => encoded(secret.credential)(`${secret.kind} ${secret.name}`, () => encode(secret))),
);
