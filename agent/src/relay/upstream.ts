/**
 * The stream of one workload to weftd, with the workload's own certificate. It comes back by itself, and it moves, make
 * before break, when the certificate was renewed or weftd asks for it (GOAWAY): a TLS connection shows the certificate it began with.
 */
import { type Client, type ClientDuplexStream, connectivityState } from '@grpc/grpc-js';
import { openChannel } from '../identity/channel.ts';
import type { WorkloadIdentity } from '../identity/workload-identity.ts';
import type { RelayTiming } from './proxy.ts';

const adsPath = '/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources';
const connectMs = 5_000;

export interface UpstreamInput {
  readonly address: string;
  readonly identity: () => WorkloadIdentity | undefined;
  readonly timing: RelayTiming;
  readonly random: () => number;
  /** A stream is open; all that was said on another one is void. */
  readonly onOpen: () => void;
  readonly onMessage: (bytes: Buffer) => void;
  /** The stream is gone, or could not be had. */
  readonly onLoss: (reason: string) => void;
}

export interface Upstream {
  /** Drops the message if no stream is open: `onOpen` is the time to say everything. */
  send(bytes: Buffer): void;
  isOpen(): boolean;
  /** Flow control: while false, weftd is not read from. */
  read(on: boolean): void;
  /** To a new connection, with the certificate of now; the old one serves until then. */
  move(): void;
  /** Gives the stream up and begins anew. */
  restart(reason: string): void;
  close(): void;
}

type Stream = ClientDuplexStream<Buffer, Buffer>;

interface Connection {
  readonly client: Client;
  readonly stream: Stream;
}

export const openUpstream = (input: UpstreamInput): Upstream => {
  let current: Connection | undefined;
  let connecting = false;
  let closed = false;
  let reading = true;
  let failures = 0;
  let timer: NodeJS.Timeout | undefined;

  const drop = (connection: Connection | undefined): void => {
    connection?.stream.cancel();
    connection?.client.close();
  };

  const later = (): void => {
    if (closed || timer) return;
    const { reconnectFirst, reconnectMax } = input.timing;
    const wait =
      failures === 0 ? 0 : Math.min(reconnectMax, reconnectFirst * 2 ** Math.min(failures - 1, 10)) * (0.75 + input.random() / 2);
    timer = setTimeout(() => {
      timer = undefined;
      connect();
    }, wait);
    timer.unref();
  };

  const lost = (connection: Connection, reason: string): void => {
    const serving = connection === current;
    if (serving) current = undefined; // first, since closing is a change of state that is watched
    drop(connection);
    if (!serving) return;
    input.onLoss(reason);
    later();
  };

  const adopt = (connection: Connection): void => {
    const former = current;
    current = connection;
    const { client, stream } = connection;
    stream.on('data', (bytes: Buffer) => {
      if (connection !== current) return;
      failures = 0;
      input.onMessage(bytes);
    });
    stream.on('error', (error: Error) => lost(connection, error.message));
    stream.on('end', () => lost(connection, 'weftd ended the stream'));
    if (!reading) stream.pause();
    input.onOpen();
    drop(former);
    // READY ends by GOAWAY while the stream still works, or by the connection's end, which `error` tells as well.
    client.getChannel().watchConnectivityState(connectivityState.READY, Number.POSITIVE_INFINITY, () => {
      if (connection === current) connect();
    });
  };

  const connect = (): void => {
    if (connecting || closed) return;
    connecting = true;
    dial(input).then(
      (connection) => {
        connecting = false;
        if (closed) return drop(connection);
        failures += 1; // until weftd says something
        adopt(connection);
      },
      (error: unknown) => {
        connecting = false;
        failures += 1;
        if (closed) return;
        if (!current) input.onLoss(error instanceof Error ? error.message : String(error));
        later();
      },
    );
  };

  connect();
  return {
    send: (bytes) => {
      current?.stream.write(bytes);
    },
    isOpen: () => current !== undefined,
    read: (on) => {
      reading = on;
      if (on) current?.stream.resume();
      else current?.stream.pause();
    },
    move: connect,
    restart: (reason) => {
      if (current) lost(current, reason);
    },
    close: () => {
      closed = true;
      clearTimeout(timer);
      const last = current;
      current = undefined;
      drop(last);
    },
  };
};

const dial = async ({ address, identity: identityNow, timing }: UpstreamInput): Promise<Connection> => {
  const identity = identityNow();
  if (!identity) throw new Error('no certificate yet');
  const options = { 'grpc.keepalive_time_ms': timing.keepalive, 'grpc.keepalive_timeout_ms': timing.keepaliveTimeout };
  const client = openChannel({ address, roots: identity.bundles.pem, identity, options });
  try {
    await new Promise<void>((resolve, reject) =>
      client.waitForReady(Date.now() + connectMs, (error) => (error ? reject(error) : resolve())),
    );
  } catch (cause) {
    client.close();
    throw new Error('weftd cannot be reached', { cause });
  }
  const pass = (bytes: Buffer): Buffer => bytes;
  const stream = client.makeBidiStreamRequest(adsPath, pass, pass);
  stream.on('error', () => {}); // its own listener comes with `adopt`; cancelling is an error too
  return { client, stream };
};
