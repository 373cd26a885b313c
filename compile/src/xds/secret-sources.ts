/** Where certificates and roots come from that are not the mesh's own: Secrets over ADS, files of the proxy's host from its agent. */
import { authoritySecret, credentialSecret, fileCertificateSecret, fileRootSecret, type Init, milliseconds } from '@weft/envoy';
import type { ConfigSource } from '@weft/envoy/gen/envoy/config/core/v3/config_source_pb.js';
import type { SdsSecretConfigSchema } from '@weft/envoy/gen/envoy/extensions/transport_sockets/tls/v3/secret_pb.js';
import { fromAds, fromAgent } from './sources.ts';

export type SecretSource = Init<typeof SdsSecretConfigSchema>;

/**
 * A Secret that does not exist must not hold up everything else: after this time the listener listens and the cluster is there,
 * close connections for what is missing, and take them once it comes.
 */
const patience = milliseconds(2_000);

const patiently = (source: ConfigSource): ConfigSource => ({ ...source, initialFetchTimeout: patience });

export const secretSource = (name: string): SecretSource => ({ name: credentialSecret(name), sdsConfig: patiently(fromAds) });

/** A Secret's CA, by the name of its own. */
export const authoritySource = (name: string): SecretSource => ({ name: authoritySecret(name), sdsConfig: patiently(fromAds) });

/** Roots that belong to a Secret stand beside it under this name (Istio's `SdsCaSuffix`). */
export const secretRoots = (name: string): SecretSource => authoritySource(`${name}-cacert`);

export const fileCertificate = (certificate: string, privateKey: string): SecretSource => ({
  name: fileCertificateSecret(certificate, privateKey),
  sdsConfig: patiently(fromAgent),
});

/** @param path `system` for the public roots of the proxy's host */
export const fileRoots = (path: string, revoked?: string): SecretSource => ({
  name: fileRootSecret(path, revoked),
  sdsConfig: patiently(fromAgent),
});
