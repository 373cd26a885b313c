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
/** A stream that lasts so long was not refused, even if there was nothing to say on it. */
const calmMs = 5_000;

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

interface Connection {
  readonly client: Client;
  readonly stream: ClientDuplexStream<Buffer, Buffer>;
}

export class Upstream {
  readonly #input: UpstreamInput;
  #current: Connection | undefined;
  #connecting = false;
  #closed = false;
  #reading = true;
  /** Tries since weftd last said something, or held a stream for a while. */
  #failures = 0;
  #retry: NodeJS.Timeout | undefined;
  #calm: NodeJS.Timeout | undefined;

  constructor(input: UpstreamInput) {
    this.#input = input;
    this.move();
  }

  /** Drops the message if no stream is open: `onOpen` is the time to say everything. */
  send(bytes: Buffer): void {
    this.#current?.stream.write(bytes);
  }

  isOpen(): boolean {
    return this.#current !== undefined;
  }

  /** Flow control: while false, weftd is not read from. */
  read(on: boolean): void {
    this.#reading = on;
    if (on) this.#current?.stream.resume();
    else this.#current?.stream.pause();
  }

  /** To a new connection, with the certificate of now; the old one serves until then. */
  move(): void {
    if (this.#connecting || this.#closed) return;
    clearTimeout(this.#retry);
    this.#retry = undefined;
    this.#connecting = true;
    dial(this.#input).then(
      (connection) => this.#adopt(connection),
      (error: unknown) => this.#failed(error instanceof Error ? error.message : String(error)),
    );
  }

  /** Gives the stream up and begins anew. */
  restart(reason: string): void {
    if (this.#current) this.#lost(this.#current, reason);
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#retry);
    clearTimeout(this.#calm);
    const last = this.#current;
    this.#current = undefined;
    if (last) drop(last);
  }

  #adopt(connection: Connection): void {
    this.#connecting = false;
    if (this.#closed) {
      drop(connection);
      return;
    }
    const former = this.#current;
    this.#current = connection;
    this.#failures += 1;
    clearTimeout(this.#calm);
    this.#calm = setTimeout(() => this.#works(), calmMs).unref();
    const { client, stream } = connection;
    stream.on('data', (bytes: Buffer) => {
      if (connection !== this.#current) return;
      this.#works();
      this.#input.onMessage(bytes);
    });
    stream.on('error', (error: Error) => this.#lost(connection, error.message));
    stream.on('end', () => this.#lost(connection, 'weftd ended the stream'));
    if (!this.#reading) stream.pause();
    this.#input.onOpen();
    if (former) drop(former);
    // READY ends by GOAWAY while the stream still works, or by the connection's end, which `error` tells as well.
    client.getChannel().watchConnectivityState(connectivityState.READY, Number.POSITIVE_INFINITY, () => {
      if (connection === this.#current) this.move();
    });
  }

  #failed(reason: string): void {
    this.#connecting = false;
    if (this.#closed) return;
    this.#failures += 1;
    if (!this.#current) this.#input.onLoss(reason);
    this.#later();
  }

  #lost(connection: Connection, reason: string): void {
    const serving = connection === this.#current;
    if (serving) this.#current = undefined; // first, since closing is a change of state that is watched
    drop(connection);
    if (!serving) return;
    clearTimeout(this.#calm);
    this.#input.onLoss(reason);
    this.#later();
  }

  #works(): void {
    this.#failures = 0;
  }

  #later(): void {
    if (this.#closed || this.#connecting || this.#retry) return;
    const { timing, random } = this.#input;
    const wait = this.#failures === 0 ? 0 : Math.min(timing.reconnectMax, timing.reconnectFirst * 2 ** Math.min(this.#failures - 1, 10));
    this.#retry = setTimeout(() => this.move(), wait * (0.75 + random() / 2)).unref();
  }
}

const drop = ({ client, stream }: Connection): void => {
  stream.cancel();
  client.close();
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
