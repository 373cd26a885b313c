import { Metadata, type ServiceError } from '@grpc/grpc-js';
import { methodTable } from '@weft/envoy';
import { type IstioCertificateResponse, IstioCertificateService } from '@weft/envoy/gen/security/v1alpha1/ca_pb.js';
import type { TrustBundles } from '@weft/model';
import { openChannel } from './channel.ts';
import { makeKeyRequest } from './key.ts';
import { certificatesIn, type IdentityParts, type WorkloadIdentity } from './workload-identity.ts';

const toBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
const { createCertificate } = methodTable<typeof IstioCertificateService, Buffer>(IstioCertificateService, toBuffer);
const deadlineMs = 10_000;

/** What proves who asks: the certificate in use, or a token bound to the pod. */
export type Credential =
  | { readonly kind: 'certificate'; readonly identity: WorkloadIdentity }
  | { readonly kind: 'token'; readonly token: string };

export interface CertificateRequest {
  readonly upstream: string;
  readonly bundles: TrustBundles;
  readonly credential: Credential;
  readonly now: () => number;
}

/** Makes a key here and has it certified. The answer is not judged yet: `checkedIdentity` does that. */
export const requestCertificate = async ({ upstream, bundles, credential, now }: CertificateRequest): Promise<IdentityParts> => {
  const { key, csr } = await makeKeyRequest();
  const identity = credential.kind === 'certificate' ? credential.identity : undefined;
  const channel = openChannel({ address: upstream, roots: bundles.pem, identity });
  const metadata = new Metadata();
  if (credential.kind === 'token') metadata.set('authorization', `Bearer ${credential.token}`);
  const { path, requestSerialize, responseDeserialize } = createCertificate;
  try {
    const answer = await new Promise<IstioCertificateResponse>((resolve, reject) => {
      const done = (error: ServiceError | null, value?: IstioCertificateResponse) => (value && !error ? resolve(value) : reject(error));
      const options = { deadline: Date.now() + deadlineMs };
      channel.makeUnaryRequest(path, requestSerialize, responseDeserialize, { csr, validityDuration: 0n }, metadata, options, done);
    });
    // Istio's CA ends the chain with its root, which peers have to have on their own account.
    const roots = new Set(certificatesIn(bundles.pem).map(compact));
    const chain = answer.certChain.flatMap(certificatesIn).filter((pem) => !roots.has(compact(pem)));
    return { key, chain: `${chain.join('\n')}\n`, issuedAt: now(), bundles };
  } finally {
    channel.close();
  }
};

const compact = (pem: string): string => pem.replace(/\s+/g, '');
