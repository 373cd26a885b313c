/** The shell around one session: reads requests, asks the session what to send, writes one response at a time. */
import { type ServerDuplexStream, status } from '@grpc/grpc-js';
import { shortType } from '@weft/envoy';
import type { DeltaDiscoveryRequest } from '@weft/envoy/gen/envoy/service/discovery/v3/discovery_pb.js';
import type { Proxy } from '@weft/model';
import type { Caller } from '../ca/caller.ts';
import { peerCredentials } from '../ca/peer.ts';
import { claimedProxy, type NodeClaim } from './claim.ts';
import type { PushPowers } from './contract.ts';
import { reset } from './grpc.ts';
import type { Permits } from './permits.ts';
import type { Planned } from './plan.ts';
import { type Parts, type Responses, responseSize } from './response.ts';
import { type Happening, inStep, nextPush, type OpenSession, openSession, transition } from './session.ts';
import type { Shares } from './shares.ts';
import type { Request } from './subscription.ts';
import type { Turns } from './turns.ts';

export type AdsCall = ServerDuplexStream<DeltaDiscoveryRequest, Parts>;

export interface StreamPowers extends PushPowers {
  readonly responses: Responses;
  readonly permits: Permits;
  readonly shares: Shares;
  readonly turns: Turns;
  readonly times: StreamTimes;
  /** Called once the proxy is known and at each change of its session, until the stream ends. */
  readonly onSession: (stream: Stream, session: OpenSession) => void;
  readonly onEnd: (stream: Stream) => void;
}

export interface StreamTimes {
  /** A client that does not take a response for this long is cut off. */
  readonly stuckMs: number;
  /** How long a subscription is awaited that what was sent entails. */
  readonly patienceMs: number;
  /** From the start of the stream to its first request. */
  readonly firstRequestMs: number;
}

export interface Stream {
  readonly id: string;
  readonly proxy: Proxy;
}

/** Responses above this size take a permit. */
const large = 64 * 1024;

type Bare = 'UNAUTHENTICATED' | 'PERMISSION_DENIED' | 'INVALID_ARGUMENT' | 'RESOURCE_EXHAUSTED' | 'INTERNAL' | 'DEADLINE_EXCEEDED';

export class AdsStream {
  readonly #call: AdsCall;
  readonly #powers: StreamPowers;
  readonly #id: string;
  #stream: Stream | undefined;
  #session: OpenSession | undefined;
  /** What happened and was not looked at yet. */
  #happenings: Happening[] = [];
  #turnTaken = false;
  #detach: (() => void) | undefined;
  #release: (() => void) | undefined;
  #writing = false;
  #over = false;
  #timer: NodeJS.Timeout | undefined;
  /** Since when there is something that the proxy does not have. */
  #behindSince: number | undefined;

  constructor(call: AdsCall, id: string, powers: StreamPowers) {
    this.#call = call;
    this.#id = id;
    this.#powers = powers;
    call.on('error', () => this.#close());
    call.on('cancelled', () => this.#close());
    call.on('close', () => this.#close());
    call.on('end', () => {
      this.#close();
      call.end();
    });
    this.#guard(() => this.#authenticate());
  }

  /** Nothing is read, and so nothing parsed, before the caller is known. */
  async #authenticate(): Promise<void> {
    const authentication = await this.#powers.authenticate(peerCredentials(this.#call));
    if (this.#over) return;
    if (!authentication.ok) {
      this.#refuse('UNAUTHENTICATED', authentication.reason);
      return;
    }
    this.#wait(this.#powers.times.firstRequestMs, () => this.#refuse('DEADLINE_EXCEEDED', 'no request'));
    this.#call.on('data', (message: DeltaDiscoveryRequest) => this.#guard(() => this.#received(message, authentication.caller)));
  }

  #received(message: DeltaDiscoveryRequest, caller: Caller): void {
    if (this.#over) return;
    if (!this.#stream) {
      const claim = claimedProxy(nodeOf(message), caller, this.#powers.registry);
      if (!claim.ok) {
        this.#refuse('PERMISSION_DENIED', claim.reason);
        return;
      }
      this.#release = this.#powers.shares.take(claim.proxy);
      if (!this.#release) {
        this.#refuse('RESOURCE_EXHAUSTED', `too many streams of ${claim.proxy.id}`);
        return;
      }
      this.#attach(claim.proxy);
    }
    // One request at a time: the next is read, and so parsed, when this one was looked at.
    this.#call.pause();
    this.#happened({ kind: 'request', request: requestOf(message), at: this.#powers.now() });
  }

  #attach(proxy: Proxy): void {
    clearTimeout(this.#timer);
    this.#stream = { id: this.#id, proxy };
    this.#powers.log.info({ proxy: proxy.id, stream: this.#id, peer: this.#call.getPeer() }, 'proxy connected');
    this.#detach = this.#powers.plan.attach(proxy, (planned) => this.#guard(() => this.#planned(planned, proxy)));
  }

  #planned(planned: Planned, proxy: Proxy): void {
    if (this.#over) return;
    this.#behindSince ??= performance.now();
    if (this.#session) {
      this.#happened({ kind: 'planned', planned });
      return;
    }
    this.#session = openSession({ stream: this.#id, node: proxy.id, planned });
    this.#takeTurn();
  }

  #happened(happening: Happening): void {
    this.#happenings.push(happening);
    if (this.#session) this.#takeTurn();
  }

  #takeTurn(): void {
    if (this.#turnTaken) return;
    this.#turnTaken = true;
    this.#powers.turns.take(() => {
      this.#turnTaken = false;
      this.#guard(() => this.#look());
    });
  }

  /** All that happened, then what there is to send. */
  #look(): void {
    const happenings = this.#happenings;
    this.#happenings = [];
    for (const happening of happenings) {
      if (!this.#session || this.#over) return;
      const before = this.#session;
      const next = transition(before, happening);
      if (next.kind === 'ended') {
        this.#refuse(next.status, next.reason);
        return;
      }
      if (next.nacks > before.nacks) {
        const { type, message } = next.lastNack ?? {};
        this.#powers.tally.count('pilot_total_xds_rejects', apart(type ?? ''));
        this.#powers.log.warn({ proxy: this.#stream?.proxy.id, type, error: message }, 'proxy refused');
      }
      this.#session = next;
    }
    this.#pump();
    if (!this.#over) this.#call.resume();
  }

  readonly #resume = (): void => this.#takeTurn();

  #pump(): void {
    while (this.#session && !this.#writing && !this.#over) {
      const { session, push } = nextPush(this.#session);
      if (!push) {
        this.#session = session;
        break;
      }
      const size = responseSize(push);
      const release = size < large ? () => {} : this.#powers.permits.take(size, this.#resume);
      // Not sent yet, so not part of the session: what changes meanwhile is sent instead.
      if (!release) break;
      this.#session = session;
      this.#write(this.#powers.responses.encode(push), push.typeUrl, release);
    }
    if (this.#session && this.#stream && !this.#over) {
      this.#powers.onSession(this.#stream, this.#session);
      this.#caughtUp(this.#session);
      this.#beImpatient(this.#session);
    }
  }

  #caughtUp(session: OpenSession): void {
    if (this.#behindSince === undefined || !inStep(session)) return;
    this.#powers.tally.observe('pilot_proxy_convergence_time', (performance.now() - this.#behindSince) / 1000);
    this.#behindSince = undefined;
  }

  #write(bytes: Parts, typeUrl: string, release: () => void): void {
    this.#writing = true;
    const { tally } = this.#powers;
    const began = performance.now();
    tally.count('pilot_xds_pushes', apart(typeUrl));
    tally.observe('pilot_xds_config_size_bytes', bytes.byteLength, apart(typeUrl));
    this.#wait(this.#powers.times.stuckMs, () => {
      this.#powers.log.warn({ proxy: this.#stream?.proxy.id }, 'proxy does not read: cut off');
      this.#close();
      reset(this.#call);
    });
    this.#call.write(bytes, () => {
      release();
      tally.observe('pilot_xds_push_time', (performance.now() - began) / 1000, apart(typeUrl));
      this.#writing = false;
      clearTimeout(this.#timer);
      this.#resume();
    });
  }

  #beImpatient(session: OpenSession): void {
    if (this.#writing) return;
    clearTimeout(this.#timer);
    if (session.patienceOver && session.awaited.size === 0) return;
    if (inStep(session)) return;
    this.#wait(this.#powers.times.patienceMs, () => this.#happened({ kind: 'patience' }));
  }

  #wait(ms: number, then: () => void): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#guard(then), ms);
    this.#timer.unref();
  }

  #refuse(code: Bare, reason: string): void {
    this.#powers.log.warn({ stream: this.#id, proxy: this.#stream?.proxy.id, peer: this.#call.getPeer(), code, reason }, 'stream refused');
    this.#close();
    this.#call.emit('error', { code: status[code], details: code });
  }

  /** An error of ours ends this stream and no other; the proxy keeps what it has. */
  #guard(work: () => void | Promise<void>): void {
    const failed = (error: unknown): void => {
      if (this.#over) return;
      this.#powers.log.error({ stream: this.#id, proxy: this.#stream?.proxy.id, err: error }, 'stream failed');
      this.#powers.tally.count('pilot_total_xds_internal_errors');
      this.#refuse('INTERNAL', String(error));
    };
    try {
      work()?.catch(failed);
    } catch (error) {
      failed(error);
    }
  }

  #close(): void {
    if (this.#over) return;
    this.#over = true;
    clearTimeout(this.#timer);
    this.#detach?.();
    this.#release?.();
    if (this.#stream) this.#powers.onEnd(this.#stream);
  }
}

/** As Istio calls types: `cds`. */
const apart = (typeUrl: string) => ({ type: shortType(typeUrl).toLowerCase() });

const nodeOf = ({ node }: DeltaDiscoveryRequest): NodeClaim => ({
  id: node?.id ?? '',
  metadata: node?.metadata,
  locality: { region: node?.locality?.region ?? '', zone: node?.locality?.zone ?? '', subzone: node?.locality?.subZone ?? '' },
});

const requestOf = (message: DeltaDiscoveryRequest): Request => ({
  typeUrl: message.typeUrl,
  ...(message.node ? { node: message.node.id } : {}),
  subscribe: message.resourceNamesSubscribe,
  unsubscribe: message.resourceNamesUnsubscribe,
  initialVersions: message.initialResourceVersions,
  nonce: message.responseNonce,
  // Envoy cuts its own text at 4 KB; nobody else's is kept longer.
  ...(message.errorDetail ? { error: message.errorDetail.message.slice(0, 4096) } : {}),
});
