/** Pages as Envoy writes them, of proxies that count what they are told. */
import type { WorkloadLabels } from '@weft/signals';
import type { Reading } from './reading.ts';

export const web: WorkloadLabels = {
  ...{ workload: 'web', namespace: 'shop', principal: 'spiffe://cluster.local/ns/shop/sa/web', app: 'web', version: 'v1' },
  ...{ cluster: 'local', canonicalService: 'web', canonicalRevision: 'v1' },
};

export const bounds = [1, 5, 10, 50];

/** Answers with one code of one caller. */
interface Counted {
  readonly labels: string;
  /** Milliseconds that each took. */
  readonly took: number[];
}

const families = ['request_duration_milliseconds', 'request_bytes', 'response_bytes'];

const histogram = (name: string, { labels, took }: Counted): string => {
  const lines = [...bounds, Number.POSITIVE_INFINITY].map((bound) => {
    const count = took.filter((ms) => ms <= bound).length;
    return `${name}_bucket{${labels},le="${bound === Number.POSITIVE_INFINITY ? '+Inf' : bound}"} ${count}`;
  });
  const sum = took.reduce((all, ms) => all + ms, 0);
  return [...lines, `${name}_sum{${labels}} ${sum}`, `${name}_count{${labels}} ${took.length}`].join('\n');
};

const host = (service: string): string => `${service}.shop.svc.cluster.local`;

const peer = (name: string): string => `spiffe://cluster.local/ns/shop/sa/${name} ${name}.${name}.v1.local.meta.mesh`;

const servedLabels = (caller: string, code: string): string => `mesh="m http ${code} - - ${peer(caller)} ${host('web')} inbound|8080||"`;

const plaintextLabels = (code: string): string => `mesh="n http ${code} - - - - ${host('web')} inbound|8080||"`;

const calledLabels = (service: string, code: string): string =>
  `mesh="s http ${code} - - ${peer(service)} - outbound|80||${host(service)}"`;

export class FakeEnvoy {
  readonly #counted = new Map<string, Counted>();
  readonly target: string;
  readonly own: WorkloadLabels;
  #started: number;

  constructor(target: string, started: number, own: WorkloadLabels = web) {
    this.target = target;
    this.#started = started;
    this.own = own;
  }

  serve(requests: number, { caller = 'traffic', code = '200', ms = 3 } = {}): void {
    this.#count(servedLabels(caller, code), requests, ms);
  }

  servePlaintext(requests: number, { code = '200', ms = 3 } = {}): void {
    this.#count(plaintextLabels(code), requests, ms);
  }

  call(requests: number, service: string, { code = '200', ms = 3 } = {}): void {
    this.#count(calledLabels(service, code), requests, ms);
  }

  #count(labels: string, requests: number, ms: number): void {
    const counted = this.#counted.get(labels) ?? { labels, took: [] };
    this.#counted.set(labels, counted);
    for (let index = 0; index < requests; index += 1) counted.took.push(ms);
  }

  restart(started: number): void {
    this.#started = started;
    this.#counted.clear();
  }

  /** What it drops because nobody called for a while. */
  evict(): void {
    this.#counted.clear();
  }

  page(): string {
    const all = [...this.#counted.values()];
    const requests = all.map(({ labels, took }) => `envoy_istio_requests_total{${labels}} ${took.length}`);
    const rest = families.map((name) => [
      `# TYPE envoy_istio_${name} histogram`,
      ...all.map((one) => histogram(`envoy_istio_${name}`, one)),
    ]);
    return [
      '# TYPE envoy_istio_requests_total counter',
      ...requests,
      ...rest.flat(),
      '# TYPE envoy_server_uptime gauge',
      'envoy_server_uptime{} 3',
      '',
    ].join('\n');
  }

  read(at: number): Reading {
    return { target: this.target, own: this.own, at, started: this.#started, page: this.page() };
  }
}
