/** Objects of the configuration: how they are named, linked, and asked for. */

import type { UseQueryResult } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { Finding, ObjectRef, Origin, Severity, StoredObject } from '@weft/model';
import { useAsk } from '../api/ask.ts';
import { Badge, type Tone } from '../kit/parts.tsx';

export interface Objects {
  readonly items: readonly StoredObject[];
}

/** @param revision that was in force then; undefined: now */
export const useObjects = (revision?: number): UseQueryResult<Objects> =>
  useAsk<Objects>({ path: '/resources', query: { revision }, topics: revision === undefined ? ['resources', 'findings'] : [] });

/** As a path of the API and of the console: cluster-wide kinds have `-` for a namespace. */
export const pathOf = ({ kind, namespace, name }: ObjectRef): string => [kind, namespace || '-', name].map(encodeURIComponent).join('/');

export const nameOf = ({ namespace, name }: Pick<ObjectRef, 'namespace' | 'name'>): string => (namespace ? `${namespace}/${name}` : name);

export interface ObjectLinkProps {
  readonly of: ObjectRef;
  /** Without its kind. */
  readonly short?: boolean;
  readonly view?: string;
}

export const ObjectLink = ({ of, short = false, view }: ObjectLinkProps) => (
  <Link
    to="/config/$kind/$namespace/$name"
    params={{ kind: of.kind, namespace: of.namespace || '-', name: of.name } as never}
    search={(view ? { view } : {}) as never}
  >
    {short ? of.name : `${of.kind} ${nameOf(of)}`}
  </Link>
);

export const originWords = (origin: Origin): string => (origin.source === 'api' ? 'API' : `${origin.file}:${origin.line}`);

/** With its folder: enough to know the file, and to read the list. */
export const OriginName = ({ of }: { readonly of: Origin }) => (
  <span title={originWords(of)}>{originWords(of).split('/').slice(-2).join('/')}</span>
);

export const toneOf: Readonly<Record<Severity, Tone>> = { error: 'bad', warning: 'warn', info: 'info' };

const order: readonly Severity[] = ['error', 'warning', 'info'];

export const worst = (findings: readonly Finding[]): Severity | undefined =>
  order.find((severity) => findings.some((finding) => finding.severity === severity));

/** The worst first. */
export const bySeverity = (findings: readonly Finding[]): readonly Finding[] =>
  findings.toSorted((a, b) => order.indexOf(a.severity) - order.indexOf(b.severity));

export const FindingCount = ({ findings }: { readonly findings: readonly Finding[] }) => {
  const severity = worst(findings);
  if (!severity) return <span className="soft">none</span>;
  const count = findings.filter((finding) => finding.severity === severity).length;
  return (
    <Badge tone={toneOf[severity]} title={findings.map(({ message }) => message).join('\n')}>
      {count} {severity}
      {count > 1 && severity !== 'info' ? 's' : ''}
    </Badge>
  );
};
