/** weftd's API (model/src/api.ts) as functions. */
import type {
  AlertsStatus,
  ApplyRequest,
  ApplyResult,
  AuditDetails,
  AuditSearch,
  DeleteRequest,
  ExplainRequest,
  Finding,
  History,
  HistorySearch,
  Journey,
  LoginLink,
  LoginLinkRequest,
  NewToken,
  ObjectiveStatus,
  Preview,
  PreviewRequest,
  ProxyConfig,
  ProxyLogLevel,
  ProxyStatus,
  ReceiverTest,
  RecordsState,
  RevisionDetails,
  RevisionDifference,
  SignalsAnswer,
  SignalsSearch,
  SilenceRequest,
  SilenceStatus,
  Status,
  StoredObject,
  TokenCreation,
  TokenRequest,
  TokenResult,
  TokenStatus,
  Topology,
  TopologySearch,
  Trace,
  TraceSearch,
  TraceSummary,
  TrustBundles,
  UndoRequest,
  UndoResult,
  WaitResult,
  WorkloadStatus,
} from '@weft/model';
import type { MtlsReport, StoredRecord, StrictPlan, Top, Why } from '@weft/signals';
import { type Answer, createHttp, type Http, Refusal } from './http.ts';

interface Items<T> {
  readonly items: readonly T[];
}

export interface LogQuery {
  readonly namespace: string;
  readonly pod: string;
  readonly container?: string;
  readonly follow: boolean;
  readonly tail?: number;
}

export interface ListQuery {
  readonly namespace?: string;
  readonly name?: string;
  /** Tell on how many proxies each object is programmed; costs a compilation for each. */
  readonly programmed?: boolean;
}

export interface ObjectWait {
  readonly for: 'accepted' | 'programmed';
  readonly kind: string;
  readonly name: string;
  readonly namespace?: string;
}

/** As weftd reads it: names are `name` or `namespace/name`, times Unix milliseconds. */
export interface RecordsQuery {
  readonly principal?: string;
  readonly from?: string;
  readonly to?: string;
  readonly workload?: string;
  readonly address?: string;
  readonly path?: string;
  readonly method?: string;
  /** `503`, or `5xx`. */
  readonly code?: string;
  readonly denied?: boolean;
  readonly failed?: boolean;
  readonly since?: number;
  readonly until?: number;
  readonly denial?: string;
  readonly request?: string;
  /** Only what was stored after this one. */
  readonly after?: number;
  readonly limit?: number;
}

export interface Api {
  readonly socket: string;
  status(): Promise<Status>;
  list(kind: string, query?: ListQuery): Promise<readonly StoredObject[]>;
  /** Refused input is an answer, not a failure: its findings say why. */
  apply(request: ApplyRequest): Promise<ApplyResult>;
  delete(request: DeleteRequest): Promise<ApplyResult>;
  /** What cannot be taken back is an answer, too. */
  undo(request: UndoRequest): Promise<UndoResult>;
  preview(request: PreviewRequest): Promise<Preview>;
  history(search: HistorySearch): Promise<History>;
  revision(revision: number): Promise<RevisionDetails>;
  difference(asked: { readonly from: number; readonly to?: number }): Promise<RevisionDifference>;
  findings(): Promise<readonly Finding[]>;
  proxies(): Promise<readonly ProxyStatus[]>;
  config(proxy: { readonly namespace: string; readonly name: string; readonly live: boolean }): Promise<ProxyConfig>;
  wait(timeoutMs: number, object?: ObjectWait): Promise<WaitResult>;
  explain(question: ExplainRequest): Promise<Journey>;
  why(id: string): Promise<Why>;
  mtls(asked: { readonly namespace?: string; readonly windowMs: number }): Promise<MtlsReport>;
  strictPlan(namespace: string, windowMs: number): Promise<StrictPlan>;
  workloads(): Promise<readonly WorkloadStatus[]>;
  restart(namespace: string, name: string): Promise<void>;
  /** With a level it is set. */
  logLevel(pod: { readonly namespace: string; readonly name: string }, level: string | undefined): Promise<ProxyLogLevel>;
  logs(query: LogQuery): AsyncIterable<Buffer>;
  /** Prometheus text: one proxy's, or the whole mesh's. */
  metrics(pod?: { readonly namespace: string; readonly name: string }): AsyncIterable<Buffer>;
  signals(search: SignalsSearch): Promise<SignalsAnswer>;
  edges(search: TopologySearch): Promise<Topology>;
  /** Newest first. */
  traces(search: TraceSearch): Promise<readonly TraceSummary[]>;
  trace(id: string): Promise<Trace>;
  /** The newest first. */
  records(query: RecordsQuery): Promise<readonly StoredRecord[]>;
  /** Those that come, until the reader ends it. */
  followRecords(query: RecordsQuery): AsyncIterable<StoredRecord>;
  recordsState(): Promise<RecordsState>;
  objectives(query?: Pick<ListQuery, 'namespace' | 'name'>): Promise<readonly ObjectiveStatus[]>;
  alerts(): Promise<AlertsStatus>;
  testReceiver(name: string): Promise<ReceiverTest>;
  silences(): Promise<readonly SilenceStatus[]>;
  silence(request: SilenceRequest): Promise<SilenceStatus>;
  unsilence(id: string): Promise<void>;
  top(query: RecordsQuery): Promise<Top>;
  loginLink(request: LoginLinkRequest): Promise<LoginLink>;
  createToken(token: TokenCreation): Promise<NewToken>;
  tokens(): Promise<readonly TokenStatus[]>;
  revokeToken(name: string): Promise<void>;
  /** Newest first. */
  audit(search: AuditSearch): Promise<readonly AuditDetails[]>;
  token(request: TokenRequest): Promise<TokenResult>;
  trustBundle(): Promise<TrustBundles>;
}

type QueryValue = string | number | boolean | undefined;

/** Of a list each value stands by itself. */
const query = (values: Readonly<Record<string, QueryValue | readonly string[]>>): string => {
  const all = Object.entries(values).flatMap(([name, value]) => [value].flat().map((one): [string, QueryValue] => [name, one]));
  const set = all.filter(([, value]) => value !== undefined && value !== false);
  const text = new URLSearchParams(set.map(([name, value]): [string, string] => [name, String(value)])).toString();
  return text && `?${text}`;
};

/** Of newline-delimited JSON; empty lines say that somebody is there. */
async function* jsonLines<T>(chunks: AsyncIterable<Buffer>): AsyncIterable<T> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of chunks) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) if (line !== '') yield JSON.parse(line) as T;
  }
}

const whereText = (where: Readonly<Record<string, readonly string[]>>): readonly string[] =>
  Object.entries(where).flatMap(([label, values]) => values.map((value) => `${label}=${value}`));

const accepted = (answer: Answer): unknown => {
  if (answer.status >= 400) throw new Refusal(answer);
  return answer.body;
};

/** 422 carries an `ApplyResult`; any other refusal is an `ApiError`. */
const applied = <Result extends ApplyResult>(answer: Answer): Result => {
  const result = answer.body as Partial<Result>;
  if (answer.status >= 400 && !result.items) throw new Refusal(answer);
  return answer.body as Result;
};

/** A whole mesh is written, synced and compiled before the answer, or compiled many times. */
const writeMs = 60_000;

export const createApi = (socket: string): Api => {
  const http: Http = createHttp(socket);
  const get = async <T>(path: string): Promise<T> => accepted(await http.send({ method: 'GET', path })) as T;
  const post = async <T>(path: string, body: unknown): Promise<T> => accepted(await http.send({ method: 'POST', path, body })) as T;
  const items = async <T>(path: string): Promise<readonly T[]> => (await get<Items<T>>(path)).items;
  return {
    socket,
    status: () => get('/status'),
    list: async (kind, asked = {}) => {
      const path = `/resources/${encodeURIComponent(kind)}${query({ ...asked })}`;
      const answer = await http.send({ method: 'GET', path, ...(asked.programmed && { limitMs: writeMs }) });
      return (accepted(answer) as Items<StoredObject>).items;
    },
    apply: async (request) => applied(await http.send({ method: 'POST', path: '/apply', body: request, limitMs: writeMs })),
    delete: async (request) => applied(await http.send({ method: 'POST', path: '/delete', body: request, limitMs: writeMs })),
    undo: async (request) => applied(await http.send({ method: 'POST', path: '/undo', body: request, limitMs: writeMs })),
    preview: async (request) => accepted(await http.send({ method: 'POST', path: '/preview', body: request, limitMs: writeMs })) as Preview,
    history: (search) => get(`/history${query({ ...search })}`),
    revision: (revision) => get(`/history/${revision}`),
    difference: (asked) => get(`/diff${query({ ...asked })}`),
    findings: () => items('/findings'),
    proxies: () => items('/proxies'),
    config: ({ namespace, name, live }) => get(`/proxies/${namespace}/${name}/config${query({ live })}`),
    // weftd says itself when the time is over; it is believed to be gone some time later.
    wait: async (timeoutMs, object) =>
      accepted(
        await http.send({ method: 'GET', path: `/wait${query({ timeoutMs, ...object })}`, limitMs: timeoutMs + writeMs }),
      ) as WaitResult,
    explain: ({ request, from }) =>
      get(`/explain${query({ request: JSON.stringify(request), from: from && `${from.namespace}/${from.name}` })}`),
    mtls: (asked) => get(`/mtls${query({ ...asked })}`),
    strictPlan: (namespace, windowMs) => get(`/mtls/strict/${encodeURIComponent(namespace)}${query({ windowMs })}`),
    why: (id) => get(`/why/${encodeURIComponent(id)}`),
    workloads: () => items('/workloads'),
    restart: async (namespace, name) => {
      await post(`/workloads/${namespace}/${name}/restart`, {});
    },
    logLevel: ({ namespace, name }, level) => {
      const path = `/proxies/${namespace}/${name}/log-level`;
      return level === undefined ? get(path) : post(path, { level });
    },
    logs: ({ namespace, pod, ...rest }) => http.stream(`/pods/${namespace}/${pod}/logs${query(rest)}`),
    metrics: (pod) => http.stream(pod ? `/proxies/${pod.namespace}/${pod.name}/metrics` : '/metrics'),
    signals: ({ where = {}, ...search }) => get(`/signals${query({ ...search, where: whereText(where) })}`),
    edges: (search) => get(`/edges${query({ ...search })}`),
    // What did not fail is asked for too, so `false` is said.
    traces: ({ failed, ...search }) => items(`/traces${query({ ...search, ...(failed !== undefined && { failed: String(failed) }) })}`),
    trace: (id) => get(`/traces/${encodeURIComponent(id)}`),
    records: (asked) => items(`/records${query({ ...asked })}`),
    followRecords: (asked) => jsonLines(http.stream(`/records/follow${query({ ...asked })}`)),
    recordsState: () => get('/records/state'),
    objectives: (asked = {}) => items(`/slos${query({ ...asked })}`),
    alerts: () => get('/alerts'),
    testReceiver: (name) => post('/receivers/test', { name }),
    silences: () => items('/silences'),
    silence: (request) => post('/silences', request),
    unsilence: async (id) => {
      accepted(await http.send({ method: 'DELETE', path: `/silences/${encodeURIComponent(id)}` }));
    },
    top: (asked) => get(`/top${query({ ...asked })}`),
    loginLink: (request) => post('/login/links', request),
    createToken: (token) => post('/access/tokens', token),
    tokens: () => items('/access/tokens'),
    revokeToken: async (name) => {
      accepted(await http.send({ method: 'DELETE', path: `/access/tokens/${encodeURIComponent(name)}` }));
    },
    audit: (search) => items(`/audit${query({ ...search })}`),
    token: (request) => post('/tokens', request),
    trustBundle: () => get('/trust-bundle'),
  };
};
