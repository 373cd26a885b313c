/** What weftd answers below `/api/v1`, to the session that the browser holds. */
import type { ApiError, Finding } from '@weft/model';

const prefix = '/api/v1';

/** Bound to the session; without it nothing is changed (weftd asks for it beside the cookie). */
let csrf = '';

export const setCsrf = (token: string): void => {
  csrf = token;
};

/** weftd said no, in words; `status` is HTTP's. */
export class Refused extends Error {
  readonly status: number;
  readonly body: Partial<ApiError>;

  constructor(status: number, body: Partial<ApiError>) {
    super(body.error ?? `weftd answered ${status}`);
    this.status = status;
    this.body = body;
  }

  get findings(): readonly Finding[] {
    return this.body.findings ?? [];
  }
}

/** There is no such thing (now). */
export const isGone = (error: unknown): boolean => error instanceof Refused && error.status === 404;

const bodyOf = async (answer: Response): Promise<unknown> => {
  const text = await answer.text();
  if (!answer.headers.get('content-type')?.includes('json')) return text;
  return text === '' ? {} : JSON.parse(text);
};

let onStranger = (): void => {};

/** Called when weftd knows nobody any more who asks: the session is over. */
export const whenStranger = (told: () => void): void => {
  onStranger = told;
};

/** What weftd said, where it said no. */
export const refusalIn = async (answer: Response): Promise<Refused> => {
  const body = await bodyOf(answer).catch(() => undefined);
  if (answer.status === 401 && !/\/(?:session|login)$/.test(new URL(answer.url).pathname)) onStranger();
  return new Refused(answer.status, typeof body === 'object' && body !== null ? body : {});
};

const asked = async <T>(path: string, init: RequestInit): Promise<T> => {
  const answer = await fetch(`${prefix}${path}`, init);
  if (!answer.ok) throw await refusalIn(answer);
  return (await bodyOf(answer)) as T;
};

export const get = <T>(path: string, signal?: AbortSignal): Promise<T> => asked<T>(path, { ...(signal && { signal }) });

/** Changes something. @param method POST unless it is said */
export const send = <T>(path: string, body?: unknown, method: 'POST' | 'PUT' | 'DELETE' = 'POST'): Promise<T> =>
  asked<T>(path, {
    method,
    headers: { 'x-weft-csrf': csrf, ...(body !== undefined && { 'content-type': 'application/json' }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });

type Value = string | number | boolean | undefined;

/** Values of a query, in their order; those of a list each for itself; what is undefined or empty is left out. */
export type Query = Readonly<Record<string, Value | readonly string[]>>;

/** @returns `path` with its query */
export const at = (path: string, query: Query): string => {
  const words = Object.entries(query).flatMap(([name, values]) =>
    [values].flat().flatMap((value) => (value === undefined || value === '' ? [] : [`${name}=${encodeURIComponent(value)}`])),
  );
  return words.length === 0 ? path : `${path}?${words.join('&')}`;
};
