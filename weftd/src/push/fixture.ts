/** A server with a real CA and real sockets, a plan to change by hand, and a client for it: for the tests of this folder. */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { JsonObject, MessageInitShape } from '@bufbuild/protobuf';
import { type ClientDuplexStream, credentials, Metadata, makeClientConstructor, type ServiceError } from '@grpc/grpc-js';
import { methodTable, type ResourceSet } from '@weft/envoy';
import { AggregatedDiscoveryService } from '@weft/envoy/gen/envoy/service/discovery/v3/ads_pb.js';
import type { DeltaDiscoveryRequestSchema, DeltaDiscoveryResponse } from '@weft/envoy/gen/envoy/service/discovery/v3/discovery_pb.js';
import type { Proxy } from '@weft/model';
import { type Fixture as CaFixture, makeCsr, makeFixture } from '../ca/fixture.ts';
import { keyToPem, makeKeys } from '../ca/x509.ts';
import { makeTally } from '../telemetry/tally.ts';
import { type Ads, type AdsInput, makeAds } from './ads-server.ts';
import type { Log } from './contract.ts';
import { type GrpcInput, type GrpcServer, serveGrpc } from './grpc.ts';
import type { Plan, Planned } from './plan.ts';

/** The same resources for everybody, changed by `set`. */
export class HandMadePlan implements Plan {
  #planned: Planned;
  readonly #listeners = new Set<(planned: Planned) => void>();
  readonly attached: Proxy[] = [];

  constructor(resources: ResourceSet) {
    this.#planned = { revision: 1, resources };
  }

  set(resources: ResourceSet): void {
    this.#planned = { revision: this.#planned.revision + 1, resources };
    for (const listener of this.#listeners) listener(this.#planned);
  }

  get listeners(): number {
    return this.#listeners.size;
  }

  attach(proxy: Proxy, onChange: (planned: Planned) => void): () => void {
    this.attached.push(proxy);
    this.#listeners.add(onChange);
    setImmediate(() => this.#listeners.has(onChange) && onChange(this.#planned));
    return () => this.#listeners.delete(onChange);
  }

  revision(): number {
    return this.#planned.revision;
  }
}

export interface Logged {
  readonly level: string;
  readonly fields: Record<string, unknown>;
  readonly message: string;
}

export interface Served {
  readonly ca: CaFixture;
  readonly plan: HandMadePlan;
  readonly ads: Ads;
  readonly grpc: GrpcServer;
  readonly port: number;
  readonly logged: Logged[];
  close(): Promise<void>;
}

export interface ServeOptions extends Partial<Pick<GrpcInput, 'addresses' | 'connectionAgeMs' | 'connectionAgeGraceMs' | 'identities'>> {
  readonly times?: AdsInput['times'];
}

export const serve = async (resources: ResourceSet, options: ServeOptions = {}): Promise<Served> =>
  serveWith(await makeFixture(), resources, options);

/** As after a restart of weftd: the same CA and port, and nothing remembered. */
export const restarted = async (before: Served, resources: ResourceSet): Promise<Served> => {
  await before.grpc.close();
  return serveWith(before.ca, resources, { addresses: [`127.0.0.1:${before.port}`] });
};

const serveWith = async (ca: CaFixture, resources: ResourceSet, { times, ...options }: ServeOptions): Promise<Served> => {
  const plan = new HandMadePlan(resources);
  const logged: Logged[] = [];
  const at = (level: string) => (fields: object, message: string) =>
    logged.push({ level, fields: fields as Record<string, unknown>, message });
  const log: Log = { info: at('info'), warn: at('warn'), error: at('error') };
  const registry = {
    find: (namespace: string, name: string) => ca.instances.find(({ pod }) => pod.namespace === namespace && pod.name === name),
    list: () => ca.instances,
  };
  const boot = randomBytes(4).toString('hex');
  const { authenticate, serving } = ca.ca;
  const ads = makeAds({
    plan,
    registry,
    authenticate,
    now: Date.now,
    log,
    tally: makeTally(),
    trustDomain: 'cluster.local',
    boot,
    ...(times ? { times } : {}),
  });
  const grpc = await serveGrpc({ addresses: ['127.0.0.1:0'], identities: serving, services: [ads.service], ...options });
  const close = async (): Promise<void> => {
    await grpc.close();
    await ca.close();
  };
  return { ca, plan, ads, grpc, port: grpc.ports[0] ?? 0, logged, close };
};

export interface Credential {
  readonly certificate?: { readonly chain: string; readonly key: string };
  readonly token?: string;
}

export interface Who {
  readonly namespace: string;
  readonly serviceAccount?: string;
  readonly pod?: { readonly name: string; readonly uid: string };
}

export const tokenFor = async ({ ca }: Served, { namespace, serviceAccount = 'default', pod }: Who): Promise<string> => {
  const minted = await ca.ca.mint({ namespace, serviceAccount, ...(pod ? { pod } : {}) });
  if (!minted.ok) throw new Error(minted.reason);
  return minted.token.token;
};

export const certificateFor = async (served: Served, who: Who): Promise<NonNullable<Credential['certificate']>> => {
  const keys = await makeKeys();
  const authentication = await served.ca.ca.authenticate({ authorization: `Bearer ${await tokenFor(served, who)}` });
  if (!authentication.ok) throw new Error(authentication.reason);
  const issued = await served.ca.ca.issue(await makeCsr({ keys }), authentication.caller);
  if (!issued.ok) throw new Error(issued.reason);
  return { chain: issued.certificate.chain.join('\n'), key: await keyToPem(keys.privateKey) };
};

export type RequestInit = MessageInitShape<typeof DeltaDiscoveryRequestSchema>;

const Client = makeClientConstructor(
  methodTable<typeof AggregatedDiscoveryService, Buffer>(AggregatedDiscoveryService, (bytes) =>
    Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength),
  ),
  'ads',
);

/** One stream; responses are kept until they are asked for. */
export class AdsClient {
  readonly responses: DeltaDiscoveryResponse[] = [];
  error: ServiceError | undefined;
  readonly call: ClientDuplexStream<RequestInit, DeltaDiscoveryResponse>;
  readonly #client: InstanceType<typeof Client>;

  constructor(address: string, roots: string, { certificate, token }: Credential) {
    const tls = credentials.createSsl(
      Buffer.from(roots),
      certificate ? Buffer.from(certificate.key) : null,
      certificate ? Buffer.from(certificate.chain) : null,
    );
    this.#client = new Client(address, tls, {
      'grpc.max_receive_message_length': -1,
      'grpc.ssl_target_name_override': 'localhost',
      'grpc.use_local_subchannel_pool': 1,
    });
    const metadata = new Metadata();
    if (token) metadata.set('authorization', `Bearer ${token}`);
    this.call = this.#client.deltaAggregatedResources?.(metadata);
    this.call.on('data', (response: DeltaDiscoveryResponse) => this.responses.push(response));
    this.call.on('error', (error: ServiceError) => {
      this.error = error;
    });
    this.call.on('end', () => {});
  }

  send(request: RequestInit): void {
    this.call.write(request);
  }

  /** The next response, acknowledged; an error if the stream ends or nothing comes. */
  async next(timeoutMs = 30_000): Promise<DeltaDiscoveryResponse> {
    await until(() => this.responses.length > 0 || this.error !== undefined, timeoutMs);
    const response = this.responses.shift();
    if (!response) throw this.error ?? new Error('nothing came');
    this.send({ typeUrl: response.typeUrl, responseNonce: response.nonce });
    return response;
  }

  /** How the stream ended. */
  async ended(timeoutMs = 30_000): Promise<ServiceError> {
    await until(() => this.error !== undefined, timeoutMs);
    if (!this.error) throw new Error('the stream did not end');
    return this.error;
  }

  close(): void {
    this.call.cancel();
    this.#client.close();
  }
}

export const until = async (test: () => boolean, timeoutMs = 30_000): Promise<boolean> => {
  for (const end = Date.now() + timeoutMs; Date.now() < end; await sleep(5)) if (test()) return true;
  return test();
};

export interface NodeWish {
  readonly namespace: string;
  readonly name: string;
  readonly role?: string;
  readonly metadata?: JsonObject;
}

export const node = ({ namespace, name, role = 'sidecar', metadata = {} }: NodeWish) => ({
  id: `${role}~10.244.0.5~${name}.${namespace}~${namespace}.svc.cluster.local`,
  metadata: { NAMESPACE: namespace, ...metadata },
});

export const connect = (served: Served, credential: Credential, address = `127.0.0.1:${served.port}`): AdsClient =>
  new AdsClient(address, served.ca.ca.serving.current().roots, credential);
