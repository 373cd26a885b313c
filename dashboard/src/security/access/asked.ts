/** What is asked of records, as a URL says it and as the API is asked. The URL's `from` and `to` are times, so both ends have other names there. */
import type { Query } from '../../api/get.ts';

export interface Asked {
  /** Verified identity: `spiffe://…`, with `*` at its start or end. */
  readonly who?: string;
  /** Workload that called, and workload or service that was called: `name` or `namespace/name`. */
  readonly caller?: string;
  readonly server?: string;
  /** At either end. */
  readonly workload?: string;
  readonly address?: string;
  readonly path?: string;
  readonly method?: string;
  /** `503`, `5xx`. */
  readonly code?: string;
  readonly outcome?: 'denied' | 'failed' | 'allowed';
  readonly protection?: 'mutual' | 'plaintext';
  readonly side?: 'source' | 'destination';
  /** `x-request-id`, and the id that a refused caller was given. */
  readonly request?: string;
  readonly denial?: string;
}

const texts = ['who', 'caller', 'server', 'workload', 'address', 'path', 'method', 'code', 'request', 'denial'] as const;

const choices = {
  outcome: ['denied', 'failed', 'allowed'],
  protection: ['mutual', 'plaintext'],
  side: ['source', 'destination'],
} as const;

/** Numbers, since a URL's `code=503` is read as one. What cannot be read is left out. */
export const readAsked = (search: Readonly<Record<string, unknown>>): Asked => {
  const said = texts.flatMap((name) => {
    const value = search[name];
    return (typeof value === 'string' && value.trim() !== '') || typeof value === 'number' ? [[name, String(value).trim()]] : [];
  });
  const chosen = Object.entries(choices).flatMap(([name, values]) => {
    const found = values.find((value) => value === search[name]);
    return found ? [[name, found]] : [];
  });
  return Object.fromEntries([...said, ...chosen]);
};

/** An identity is written whole or as a part of one: what is only a part is looked for at the end, as in `sa/web`. */
const principalOf = (who: string): string => (who.includes('://') || who.includes('*') ? who : `*${who}`);

/** @param namespace of the page: where nobody is named, all of it is at either end */
export const recordQuery = (asked: Asked): Query => {
  const { who, caller, server, workload, address, path, method, code, outcome, protection, side, request, denial } = asked;
  return {
    principal: who && principalOf(who),
    from: caller,
    to: server,
    ...{ workload, address, path, method, code },
    denied: outcome === 'denied' ? true : outcome === 'allowed' ? false : undefined,
    failed: outcome === 'failed' ? true : undefined,
    mtls: protection && protection === 'mutual',
    ...{ side, request, denial },
  };
};

const flagNames: Readonly<Record<string, string>> = { denied: '--denied', failed: '--failed' };

/** The same for `weft access` and `weft tap`, as far as they have the condition. */
export const asFlags = ({ who, caller, server, workload, address, path, method, code, outcome, request, denial }: Asked): string =>
  [
    ...Object.entries({
      principal: who && principalOf(who),
      from: caller,
      to: server,
      workload,
      address,
      path,
      method,
      code,
      request,
      denial,
    }).flatMap(([name, value]) => (value === undefined ? [] : [`--${name} '${value.replaceAll("'", "'\\''")}'`])),
    ...(outcome && flagNames[outcome] ? [flagNames[outcome]] : []),
  ].join(' ');
