/** Client of weftd's API (see `api.ts`). The transport is passed in: a Unix socket for the CLI, `fetch` for a browser. */
import type {
  ApiError,
  ApplyRequest,
  ApplyResult,
  DeleteRequest,
  NodeRegistration,
  PodReport,
  ProxyConfig,
  ProxyStatus,
  Status,
  StoredObject,
  TokenRequest,
  TokenResult,
  TrustBundle,
  WaitResult,
  WorkloadStatus,
} from './api.ts';
import type { Finding, ObjectRef } from './finding.ts';

export interface ApiRequest {
  readonly method: 'GET' | 'POST';
  /** With query, beginning with `/api/v1`. */
  readonly path: string;
  /** JSON text; absent for GET. */
  readonly body?: string;
}

export interface ApiResponse {
  readonly status: number;
  readonly body: string;
}

/** Sends one request. Throws when there is no answer; an answer with any status is an answer. */
export type Transport = (request: ApiRequest) => Promise<ApiResponse>;

/** weftd answered, with a refusal. */
export class ApiRefusal extends Error {
  readonly status: number;
  readonly findings: readonly Finding[];

  constructor(status: number, { error, findings = [] }: ApiError) {
    super(error);
    this.name = 'ApiRefusal';
    this.status = status;
    this.findings = findings;
  }
}

const refusalOf = ({ status, body }: ApiResponse): ApiRefusal => {
  try {
    const parsed = JSON.parse(body) as Partial<ApiError>;
    if (typeof parsed.error === 'string') return new ApiRefusal(status, { error: parsed.error, findings: parsed.findings ?? [] });
  } catch {
    // Not from weftd, or cut off: the status says enough.
  }
  return new ApiRefusal(status, { error: `HTTP ${status}` });
};

interface Items<T> {
  readonly items: readonly T[];
}

const segment = (text: string): string => encodeURIComponent(text === '' ? '-' : text);

const query = (fields: Readonly<Record<string, string | number | boolean | undefined>>): string => {
  const parts = Object.entries(fields).flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${encodeURIComponent(value)}`]));
  return parts.length === 0 ? '' : `?${parts.join('&')}`;
};

export type Client = ReturnType<typeof createClient>;

export const createClient = (transport: Transport) => {
  const ask = async <T>(request: ApiRequest, taken: readonly number[] = []): Promise<T> => {
    const response = await transport({ ...request, path: `/api/v1${request.path}` });
    if (response.status >= 400 && !taken.includes(response.status)) throw refusalOf(response);
    try {
      return JSON.parse(response.body) as T;
    } catch (cause) {
      throw new Error(`weftd's answer to ${request.method} ${request.path} is no JSON`, { cause });
    }
  };
  const get = <T>(path: string): Promise<T> => ask<T>({ method: 'GET', path });
  const post = <T>(path: string, body: unknown): Promise<T> => ask<T>({ method: 'POST', path, body: JSON.stringify(body) });
  const items = async <T>(path: string): Promise<readonly T[]> => (await get<Items<T>>(path)).items;
  /** Refused objects (422) are a result, with findings, not a failure. */
  const change = (path: string, body: unknown): Promise<ApplyResult> =>
    ask<ApplyResult>({ method: 'POST', path, body: JSON.stringify(body) }, [422]);

  return {
    status: (): Promise<Status> => get('/status'),
    list: (kind: string, namespace?: string): Promise<readonly StoredObject[]> =>
      items(`/resources/${segment(kind)}${query({ namespace })}`),
    read: ({ kind, namespace, name }: ObjectRef): Promise<StoredObject> =>
      get(`/resources/${segment(kind)}/${segment(namespace)}/${segment(name)}`),
    apply: (request: ApplyRequest): Promise<ApplyResult> => change('/apply', request),
    remove: (request: DeleteRequest): Promise<ApplyResult> => change('/delete', request),
    findings: (): Promise<readonly Finding[]> => items('/findings'),
    proxies: (): Promise<readonly ProxyStatus[]> => items('/proxies'),
    proxyConfig: (namespace: string, name: string, live = false): Promise<ProxyConfig> =>
      get(`/proxies/${segment(namespace)}/${segment(name)}/config${query({ live: live || undefined })}`),
    wait: (timeoutMs: number): Promise<WaitResult> => get(`/wait${query({ timeoutMs })}`),
    workloads: (): Promise<readonly WorkloadStatus[]> => items('/workloads'),
    restart: (namespace: string, name: string): Promise<unknown> => post(`/workloads/${segment(namespace)}/${segment(name)}/restart`, {}),
    mintToken: (request: TokenRequest): Promise<TokenResult> => post('/tokens', request),
    trustBundle: (): Promise<TrustBundle> => get('/trust-bundle'),
    registerNode: (registration: NodeRegistration): Promise<unknown> => post('/node', registration),
    reportPods: (report: { readonly boot: string; readonly pods: readonly PodReport[] }): Promise<unknown> => post('/node/pods', report),
  };
};
