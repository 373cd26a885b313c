/** A real Envoy as a gateway that answers 200 to whom its policies let through, over plain HTTP and over mutual TLS. */
import { type Agent, request } from 'node:http';
import { type Agent as SecureAgent, request as secureRequest } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';
import { stringify } from 'yaml';
import { freePort } from '../port.ts';
import { eventually, type GatewayEnvoy, startGateway } from '../traffic/gateway.ts';
import { type Issuer, makeIssuer, type Pair } from './callers.ts';

export interface Question {
  readonly method?: string;
  readonly path?: string;
  readonly host?: string;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** Asked over mutual TLS with this certificate, or with none. */
  readonly caller?: Pair | 'nobody';
  /** On this connection, and not on one of its own. */
  readonly agent?: Agent | SecureAgent;
  readonly body?: string;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly text: string;
  /** Of the connection, at the client's side. */
  readonly port: number;
}

export interface Gate {
  readonly issuer: Issuer;
  readonly ports: { readonly http: number; readonly tls: number };
  readonly refusals: readonly string[];
  ask(question: Question): Promise<Answer>;
  /** Only these policies (and whatever else) hold, and are in force when it returns. */
  policies(...objects: readonly object[]): Promise<void>;
  /** At once, without waiting. */
  change(...objects: readonly object[]): void;
  /** Labels that the gateway has from the next change on. */
  relabel(labels: Readonly<Record<string, string>>): void;
  counter(name: string): Promise<number>;
  stop(): Promise<void>;
}

const yaml = (objects: readonly object[]): string => objects.map((object) => stringify(object)).join('---\n');

export const policy = (name: string, spec: object, metadata: object = {}) => ({
  apiVersion: 'security.istio.io/v1',
  kind: 'AuthorizationPolicy',
  metadata: { name, namespace: 'edge', ...metadata },
  spec,
});

const routes = {
  apiVersion: 'networking.istio.io/v1',
  kind: 'VirtualService',
  metadata: { name: 'all', namespace: 'edge' },
  spec: { hosts: ['*'], gateways: ['edge'], http: [{ directResponse: { status: 200, body: { string: 'served' } } }] },
};

const frame = (ports: Gate['ports'], server: Pair, issuer: Issuer) => [
  {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'web', namespace: 'edge' },
    type: 'kubernetes.io/tls',
    stringData: { 'tls.crt': server.cert, 'tls.key': server.key, 'ca.crt': issuer.certificate },
  },
  {
    apiVersion: 'networking.istio.io/v1',
    kind: 'Gateway',
    metadata: { name: 'edge', namespace: 'edge' },
    spec: {
      selector: { istio: 'gw' },
      servers: [
        { port: { number: ports.http, name: 'http', protocol: 'HTTP' }, bind: '127.0.0.1', hosts: ['*'] },
        {
          port: { number: ports.tls, name: 'https', protocol: 'HTTPS' },
          bind: '127.0.0.1',
          hosts: ['*'],
          tls: { mode: 'OPTIONAL_MUTUAL', credentialName: 'web' },
        },
      ],
    },
  },
];

const ask = (ports: Gate['ports'], { method = 'GET', path = '/', host = 'web.example', headers = {}, caller, agent, body }: Question) =>
  new Promise<Answer>((resolve, reject) => {
    const common = { host: '127.0.0.1', method, path, headers: { ...headers, host }, ...(agent ? { agent } : { agent: false as const }) };
    const sent = caller
      ? secureRequest({ ...common, port: ports.tls, rejectUnauthorized: false, ...(caller !== 'nobody' && caller) } as object)
      : request({ ...common, port: ports.http } as object);
    sent.on('response', (response) => {
      const port = response.socket.localPort ?? 0;
      let text = '';
      response.on('data', (chunk) => {
        text += chunk;
      });
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text, port }));
    });
    sent.setTimeout(20_000, () => sent.destroy(new Error('no answer within twenty seconds')));
    sent.on('error', reject);
    sent.end(body);
  });

const counterOf = (socketPath: string, name: string): Promise<number> =>
  new Promise((resolve, reject) => {
    const sent = request({ socketPath, path: `/stats?filter=^${name}$` }, (response) => {
      let text = '';
      response.on('data', (chunk) => {
        text += chunk;
      });
      response.on('end', () => resolve(Number(/: (\d+)/.exec(text)?.[1] ?? Number.NaN)));
    });
    sent.on('error', reject);
    sent.end();
  });

/** @param others objects beside the gateway and its routes */
export const startGate = async (...others: readonly object[]): Promise<Gate> => {
  const ports = { http: await freePort(), tls: await freePort() };
  const issuer = await makeIssuer();
  const base = [...frame(ports, await issuer.issue(), issuer), routes, ...others];
  const envoy: GatewayEnvoy = await startGateway(yaml(base));
  let rounds = 0;
  const question = (asked: Question) => ask(ports, asked);
  let labels: Readonly<Record<string, string>> = {};
  const change = (...objects: readonly object[]) => {
    const broken = envoy.set(yaml([...base, ...objects]), labels).filter(({ refused }) => refused);
    if (broken.length > 0) throw new Error(`the test's own policies are broken: ${JSON.stringify(broken)}`);
  };
  await eventually(
    () => question({}),
    ({ status }) => status === 200,
  );
  return {
    issuer,
    ports,
    refusals: envoy.refusals,
    ask: question,
    change,
    relabel: (own) => {
      labels = own;
    },
    policies: async (...objects) => {
      rounds += 1;
      const path = `/round/${rounds}`;
      // What is refused by the round before is no sign of this one.
      change();
      await eventually(
        () => question({ path }),
        ({ status }) => status !== 403,
      );
      change(...objects, policy('zz-round', { action: 'DENY', rules: [{ to: [{ operation: { paths: [path] } }] }] }));
      await eventually(
        () => question({ path }),
        ({ status, text }) => status === 403 && text.includes('RBAC'),
      );
      // The filters of one response are changed one after the other.
      await sleep(30);
    },
    counter: (name) => counterOf(envoy.admin, name),
    stop: () => envoy.stop(),
  };
};
