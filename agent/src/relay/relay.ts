/** One pod's configuration: Envoy's stream of the moment, and what is kept on disk for when weftd is away. */
import { status } from '@grpc/grpc-js';
import type { Node } from '@weft/envoy/gen/envoy/config/core/v3/base_pb.js';
import type { Logger } from 'pino';
import type { IdentityKeeper } from '../identity/keeper.ts';
import type { StateDirectory } from '../identity/state-directory.ts';
import type { ProxyServing, RelayTiming } from './proxy.ts';
import { decodeSnapshot, encodeSnapshot, type Snapshot } from './snapshot.ts';
import { type Absence, type Downstream, RelayedStream } from './stream.ts';
import type { Configuration } from './subscription.ts';

export interface RelayInput {
  readonly state: StateDirectory;
  readonly keeper: IdentityKeeper;
  readonly upstream: string;
  readonly timing: RelayTiming;
  readonly now: () => number;
  readonly random: () => number;
  readonly logger: Pick<Logger, 'info' | 'warn' | 'error'>;
}

export interface Relay {
  /** Envoy's `DeltaAggregatedResources`. */
  handle(call: Downstream): void;
  status(): Pick<ProxyServing, 'upstream' | 'configuration' | 'snapshotSavedAt' | 'message'>;
  /** Resolves when what Envoy acknowledged last is on disk. */
  close(): Promise<void>;
}

const file = 'configuration';

export const openRelay = async ({ state, keeper, timing, now, random, logger, upstream }: RelayInput): Promise<Relay> => {
  const absence: Absence = { since: undefined };
  let { snapshot, damage } = await load(state, logger);
  let stream: RelayedStream | undefined;
  let recycling: NodeJS.Timeout | undefined;
  let writing = Promise.resolve();

  const keep = (next: Snapshot): void => {
    snapshot = next;
    const write = async (): Promise<void> => {
      if (snapshot !== next) return; // a newer one waits behind
      await state.write(file, encodeSnapshot(next));
      damage = '';
    };
    writing = writing
      .then(write)
      .catch((error: unknown) =>
        logger.error({ err: error }, 'the configuration could not be saved; an Envoy restarted while weftd is away would not be ready'),
      );
  };

  const open = (call: Downstream, node: Node): RelayedStream =>
    new RelayedStream({
      call,
      node,
      upstream: { address: upstream, identity: keeper.current, random },
      timing,
      now,
      logger,
      absence,
      snapshot: (): Configuration | undefined => (snapshot?.node === node.id ? snapshot.configuration : undefined),
      onWhole: (configuration) => keep({ node: node.id, savedAt: now(), configuration }),
    });

  let serial = keeper.current()?.serial;
  const detach = keeper.onChange((identity) => {
    const first = serial === undefined;
    if (identity.serial === serial) return;
    serial = identity.serial;
    clearTimeout(recycling);
    recycling = setTimeout(() => stream?.move(), first ? 0 : random() * timing.recycle);
    recycling.unref();
  });

  return {
    handle: (call) => {
      let own: RelayedStream | undefined;
      const end = (): void => {
        own?.close();
        if (stream === own) stream = undefined;
      };
      call.on('data', (message) => {
        if (!own) {
          if (!message.node) {
            call.emit('error', { code: status.INVALID_ARGUMENT, details: 'the first message names no node' });
            return;
          }
          stream?.close(); // one Envoy for each pod: a new stream means that the old one is dead
          own = open(call, message.node);
          stream = own;
        }
        own.request(message);
      });
      call.on('end', () => {
        end();
        call.end();
      });
      call.on('cancelled', end);
      call.on('error', end);
    },
    status: () => ({
      upstream: stream?.state() ?? 'idle',
      configuration: stream?.source ?? 'none',
      snapshotSavedAt: snapshot?.savedAt ?? null,
      message: [damage, stream?.problem() ?? ''].filter((text) => text !== '').join('; '),
    }),
    close: async () => {
      detach();
      clearTimeout(recycling);
      stream?.close();
      stream = undefined;
      await writing;
    },
  };
};

const load = async (state: StateDirectory, logger: Pick<Logger, 'error'>): Promise<{ snapshot: Snapshot | undefined; damage: string }> => {
  try {
    const content = await state.read(file);
    return { snapshot: content && decodeSnapshot(content), damage: '' };
  } catch (error) {
    // Never half a configuration: without weftd this Envoy will not be ready.
    const damage = error instanceof Error ? error.message : String(error);
    logger.error({ err: error }, damage);
    return { snapshot: undefined, damage };
  }
};
