/** The two secrets of a workload in Envoy's form. Their keys leave the agent on this socket only. */
import { create } from '@bufbuild/protobuf';
import { type Encoded, encodeResource, pack, trustSecret, workloadSecret } from '@weft/envoy';
import { SecretSchema } from '@weft/envoy/gen/envoy/extensions/transport_sockets/tls/v3/secret_pb.js';
import { SPIFFECertValidatorConfigSchema } from '@weft/envoy/gen/envoy/extensions/transport_sockets/tls/v3/tls_spiffe_validator_config_pb.js';
import type { TrustBundles } from '@weft/model';
import type { WorkloadIdentity } from '../identity/workload-identity.ts';

const inline = (text: string) => ({ specifier: { case: 'inlineString' as const, value: text } });

const workloadCertificate = ({ key, chain }: WorkloadIdentity): Encoded =>
  encodeResource(
    workloadSecret,
    SecretSchema,
    create(SecretSchema, {
      name: workloadSecret,
      type: { case: 'tlsCertificate', value: { certificateChain: inline(chain), privateKey: inline(key) } },
    }),
  );

/** Binds each trust domain to its own roots: in one merged bundle, every domain could vouch for every other [E2]. */
const trustedRoots = ({ domains }: TrustBundles): Encoded => {
  const validator = create(SPIFFECertValidatorConfigSchema, {
    trustDomains: domains.map(({ trustDomain, pem }) => ({ name: trustDomain, trustBundle: inline(pem) })),
  });
  const customValidatorConfig = { name: 'envoy.tls.cert_validator.spiffe', typedConfig: pack(SPIFFECertValidatorConfigSchema, validator) };
  const secret = create(SecretSchema, { name: trustSecret, type: { case: 'validationContext', value: { customValidatorConfig } } });
  return encodeResource(trustSecret, SecretSchema, secret);
};

export const secretsOf = (identity: WorkloadIdentity): ReadonlyMap<string, Encoded> =>
  new Map([workloadCertificate(identity), trustedRoots(identity.bundles)].map((secret) => [secret.name, secret]));
