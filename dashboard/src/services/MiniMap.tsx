/** Who calls a service and whom it calls, as a small picture: the widest lines carry most, and what is not mutual TLS is dashed. */
import { Link } from '@tanstack/react-router';
import type { Edge } from '@weft/model';
import { count, percent } from '../kit/words.ts';
import { isBehind, type Neighbourhood, useEdges } from './neighbourhood.ts';
import type { Named } from './roster.ts';
import './mini-map.css';

interface End {
  readonly key: string;
  readonly href: string | undefined;
  readonly requestsPerSecond: number;
  readonly failedShare: number;
  readonly isPlain: boolean;
}

/** More would not be told apart; the tab of callers has them all. */
const shown = 6;

const rowHeight = 34;
const width = 900;
const middle = { left: 370, right: 530 } as const;
const sideWidth = 260;

const callerOf = ({ caller: { namespace, name } }: Edge) =>
  name === '' ? { key: 'outside the mesh', href: undefined } : { key: `${namespace}/${name}`, href: `/workloads/${namespace}/${name}` };

const calleeOf = ({ callee: { namespace, name, host } }: Edge) =>
  namespace === '' ? { key: host, href: undefined } : { key: `${namespace}/${name}`, href: `/services/${namespace}/${name}` };

const endsOf = (edges: readonly Edge[], endOf: (edge: Edge) => Pick<End, 'key' | 'href'>): readonly End[] =>
  [...Map.groupBy(edges, (edge) => endOf(edge).key).values()]
    .flatMap((same): End[] => {
      const [first] = same;
      if (!first) return [];
      const requests = same.reduce((sum, edge) => sum + edge.requests, 0);
      return [
        {
          ...endOf(first),
          requestsPerSecond: same.reduce((sum, edge) => sum + edge.requestsPerSecond, 0),
          failedShare: requests > 0 ? same.reduce((sum, { failed }) => sum + failed, 0) / requests : 0,
          isPlain: same.some(({ mtls }) => mtls === 'plaintext' || mtls === 'mixed'),
        },
      ];
    })
    .toSorted((a, b) => b.requestsPerSecond - a.requestsPerSecond);

const heightOf = (ends: readonly End[]): number => Math.min(ends.length, shown) * rowHeight;

const told = ({ requestsPerSecond, failedShare, isPlain }: End): string =>
  [`${count(requestsPerSecond)}/s`, failedShare > 0 && `${percent(failedShare)} failed`, isPlain && 'plaintext'].filter(Boolean).join(', ');

interface SideProps {
  readonly ends: readonly End[];
  readonly side: 'left' | 'right';
  readonly height: number;
}

const Side = ({ ends, side, height }: SideProps) => {
  const most = Math.max(...ends.map(({ requestsPerSecond }) => requestsPerSecond), 0.001);
  const top = (height - heightOf(ends)) / 2;
  return ends.slice(0, shown).map((end, index) => {
    const y = top + (index + 0.5) * rowHeight;
    const [from, to] = side === 'left' ? [sideWidth, middle.left] : [middle.right, width - sideWidth];
    const bend = (from + to) / 2;
    const [y1, y2] = side === 'left' ? [y, height / 2] : [height / 2, y];
    const text = { x: side === 'left' ? sideWidth - 8 : width - sideWidth + 8, textAnchor: side === 'left' ? 'end' : 'start' } as const;
    return (
      <g key={end.key} data-failed={end.failedShare > 0} data-plain={end.isPlain}>
        <path d={`M${from} ${y1} C${bend} ${y1} ${bend} ${y2} ${to} ${y2}`} strokeWidth={1 + (4 * end.requestsPerSecond) / most} />
        {end.href === undefined ? (
          <text {...text} y={y - 2}>
            {end.key}
          </text>
        ) : (
          <Link to={end.href as string} aria-label={`${end.key}, ${told(end)}`}>
            <text {...text} y={y - 2}>
              {end.key}
            </text>
          </Link>
        )}
        <text {...text} y={y + 11} className="small">
          {told(end)}
        </text>
      </g>
    );
  });
};

export const MiniMap = ({ service, around }: { readonly service: Named; readonly around: Neighbourhood }) => {
  const { data } = useEdges(around.namespace);
  if (!data) return null;
  const callers = endsOf(data.edges.filter(around.isCalled), callerOf);
  const called = endsOf(
    data.edges.filter((edge) => isBehind(edge, around)),
    calleeOf,
  );
  if (callers.length + called.length === 0) return null;
  const height = Math.max(heightOf(callers), heightOf(called), rowHeight);
  const left = Math.max(0, callers.length - shown) + Math.max(0, called.length - shown);
  return (
    <figure className="mini-map">
      <svg viewBox={`0 0 ${width} ${height}`}>
        <title>{`Who calls ${service.name}, and whom it calls`}</title>
        <Side ends={callers} side="left" height={height} />
        <rect x={middle.left} y={height / 2 - 14} width={middle.right - middle.left} height={28} rx={6} />
        <text x={(middle.left + middle.right) / 2} y={height / 2 + 4} textAnchor="middle">
          {service.name}
        </text>
        <Side ends={called} side="right" height={height} />
      </svg>
      <figcaption className="soft">
        {left > 0 && `${left} more; `}
        <Link
          to={'/map' as string}
          search={((before: object) => ({ ...before, focus: `service:${service.namespace}/${service.name}` })) as never}
        >
          on the map
        </Link>
      </figcaption>
    </figure>
  );
};
