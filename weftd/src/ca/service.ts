import { type ServerUnaryCall, type sendUnaryData, status, type UntypedServiceImplementation } from '@grpc/grpc-js';
import { methodTable } from '@weft/envoy';
import { type IstioCertificateRequest, IstioCertificateService } from '@weft/envoy/gen/security/v1alpha1/ca_pb.js';
import { spiffeId } from '@weft/model';
import type { GrpcService } from '../push/grpc.ts';
import { rateLimit } from '../rate.ts';
import type { Tally } from '../telemetry/tally.ts';
import type { Ca } from './ca.ts';
import { peerCredentials } from './peer.ts';

export interface CertificateServiceInput {
  readonly ca: Ca;
  readonly now: () => number;
  readonly tally: Tally;
  readonly log: { info(fields: object, message: string): void; warn(fields: object, message: string): void };
}

interface Answer {
  readonly certChain: string[];
}

/** For each identity [G7]: one renewal a day is the rule, so ten a second harms nobody but a loop. */
const limit = { perSecond: 10, burst: 10 };

/** Istio's CA service (security/v1alpha1/ca.proto), so that any Istio agent can use it; for the server that serves ADS. */
export const certificateService = (input: CertificateServiceInput): GrpcService => ({
  definition: methodTable<typeof IstioCertificateService, Buffer>(IstioCertificateService, (bytes) =>
    Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength),
  ),
  handlers: certificateHandlers(input),
});

/** Refusals tell the caller nothing; the reason is in the log [G5]. */
const certificateHandlers = ({ ca, now, tally, log }: CertificateServiceInput): UntypedServiceImplementation => {
  const admit = rateLimit({ ...limit, now });

  const createCertificate = async (call: ServerUnaryCall<IstioCertificateRequest, Answer>, done: sendUnaryData<Answer>): Promise<void> => {
    tally.count('citadel_server_csr_count');
    const authentication = await ca.authenticate(peerCredentials(call));
    if (!authentication.ok) {
      tally.count('citadel_server_authentication_failure_count');
      log.warn({ peer: call.getPeer(), reason: authentication.reason }, 'certificate request refused');
      return done({ code: status.UNAUTHENTICATED, details: 'request authenticate failure' });
    }
    const { caller } = authentication;
    const who = { identity: spiffeId(caller.identity), instance: caller.instance?.name };
    if (!admit(who.identity)) {
      log.warn(who, 'certificate request refused: more than ten a second');
      return done({ code: status.RESOURCE_EXHAUSTED, details: 'too many requests' });
    }
    const answer = await ca.issue(call.request.csr, caller);
    if (!answer.ok) {
      log.warn({ ...who, reason: answer.reason }, 'CSR refused');
      return done({ code: status.INVALID_ARGUMENT, details: 'CSR refused' });
    }
    const { serial, notAfter, chain } = answer.certificate;
    log.info({ ...who, serial, notAfter }, 'certificate issued');
    tally.count('citadel_server_success_cert_issuance_count');
    // Istio's order: leaf, intermediates, root last.
    done(null, { certChain: [...chain, ca.bundles().pem] });
  };

  return {
    createCertificate: (call: ServerUnaryCall<IstioCertificateRequest, Answer>, done: sendUnaryData<Answer>) => {
      createCertificate(call, done).catch((error: unknown) => {
        log.warn({ err: error }, 'certificate request failed');
        done({ code: status.INTERNAL, details: 'internal error' });
      });
    },
  };
};
