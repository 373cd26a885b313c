/** Known traffic in `bank/mesh.yaml`, and in which words a query's answer is given. */

/** How often each way is gone; `caller.mjs` knows them. */
export const ways = { ok: 40, slow: 10, bad: 4, failed: 8, gone: 5, tcp: 6, pay: 12, refuse: 3 } as const;
/** By the program without a sidecar. */
export const plain = 7;
export const word = 'hello'.length;

const answered = ways.ok + ways.slow;
export const http = { 200: answered, 404: ways.bad, 500: ways.failed } as const;
const httpToBank = answered + ways.bad + ways.failed;
export const grpcToBank = ways.pay + ways.refuse;
export const toBank = httpToBank + grpcToBank;

export type Labels = Readonly<Record<string, string>>;

/** Both ends belong to it. */
export type Range = readonly [least: number, most: number];

/** One series of an answer. */
export type Row = readonly [labels: Labels, value: number | Range];

/** `[$interval]` stands for the window. */
export interface Query {
  readonly from: string;
  readonly query: string;
  /** `counts` are per second in the answer, as `rate` or `irate` has it; `values` are as they stand. */
  readonly of: 'counts' | 'values';
  /** No more, no fewer. */
  readonly rows: readonly Row[];
}

export const counts = (from: string, query: string, ...rows: readonly Row[]): Query => ({ from, query, of: 'counts', rows });
export const values = (from: string, query: string, ...rows: readonly Row[]): Query => ({ from, query, of: 'values', rows });

/** In milliseconds: half of the requests to the bank are quick, and each sixth takes 60 ms; a busy machine is slower. */
export const latency = { '0.50': [0, 1000], '0.90': [50, 10_000], '0.95': [50, 10_000], '0.99': [50, 10_000] } as const;
export type Quantile = keyof typeof latency;
export const quantiles = Object.keys(latency) as readonly Quantile[];

/** Of bytes with headers. */
export const size: Range = [1, 5000];
export const bytesPerSecond: Range = [1, 1e6];
export const seconds = ([least, most]: Range): Range => [least / 1000, most / 1000];

export const bank = 'bank.money.svc.cluster.local';
export const gone = 'gone.money.svc.cluster.local';
export const batch = 'batch.legacy.svc.cluster.local';
export const gateway = 'istio-ingressgateway';
