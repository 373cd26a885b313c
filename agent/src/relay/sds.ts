/** Delta SDS for one Envoy: it asks for the mesh's two names and for files, waits for them, and hears of every renewal. */
import type { ServerDuplexStream } from '@grpc/grpc-js';
import { trustSecret, typeUrls, workloadSecret } from '@weft/envoy';
import type { DeltaDiscoveryRequest } from '@weft/envoy/gen/envoy/service/discovery/v3/discovery_pb.js';
import type { Logger } from 'pino';
import type { IdentityKeeper } from '../identity/keeper.ts';
import { writeEnvelope } from './envelope.ts';
import { isFileSecret, openFileSecrets, type Reader } from './file-secrets.ts';
import { secretsOf } from './secrets.ts';
import { toBuffer } from './wire.ts';

export type SecretStream = ServerDuplexStream<DeltaDiscoveryRequest, Buffer>;

const served: readonly string[] = [workloadSecret, trustSecret];

interface SecretsInput {
  readonly keeper: IdentityKeeper;
  readonly reader?: Reader;
  readonly logger: Pick<Logger, 'warn'>;
}

export const serveSecrets = (call: SecretStream, { keeper, reader, logger }: SecretsInput): void => {
  const names = new Set<string>();
  const sent = new Map<string, string>();
  let nonces = 0;

  /** What changed, and what was asked for anew; silence while there is no certificate, since "gone" would be wrong. */
  const push = (asked: readonly string[]): void => {
    const identity = keeper.current();
    const secrets = [...(identity ? secretsOf(identity).values() : []), ...files.current().values()];
    const resources = secrets.filter(({ name, version }) => names.has(name) && (asked.includes(name) || sent.get(name) !== version));
    const removed = asked.filter((name) => !served.includes(name) && !isFileSecret(name));
    if (resources.length + removed.length === 0) return;
    for (const { name, version } of resources) sent.set(name, version);
    nonces += 1;
    call.write(toBuffer(writeEnvelope({ typeUrl: typeUrls.SDS, nonce: `s${nonces}`, resources, removed, rest: [] })));
  };

  const files = openFileSecrets({ ...(reader && { reader }), onChange: () => push([]), logger });
  const unheard = keeper.onChange(() => push([]));
  const detach = () => {
    unheard();
    files.close();
  };
  call.on('data', (request: DeltaDiscoveryRequest) => {
    if (request.errorDetail) logger.warn({ error: request.errorDetail.message }, 'Envoy refused a secret');
    for (const [name, version] of Object.entries(request.initialResourceVersions)) sent.set(name, version);
    for (const name of request.resourceNamesUnsubscribe) {
      names.delete(name);
      sent.delete(name);
      files.drop(name);
    }
    const known = (name: string): boolean => name in request.initialResourceVersions;
    for (const name of request.resourceNamesSubscribe) {
      names.add(name);
      files.ask(name);
    }
    push(request.resourceNamesSubscribe.filter((name) => !known(name)));
  });
  call.on('end', () => {
    detach();
    call.end();
  });
  call.on('cancelled', detach);
  call.on('error', detach);
};
