/** What comes into a node and goes out of it, by protocol. */
import { bytes, percent } from '../kit/words.ts';
import { failedShare, type MapEdge, sum } from './scene.ts';
import { perSecond } from './words.ts';

const rowsOf = (edges: readonly MapEdge[], way: string) =>
  [
    ...Map.groupBy(
      edges.filter(({ lastSeen }) => lastSeen === undefined),
      ({ protocol }) => protocol,
    ),
  ].map(([protocol, same]) => ({ name: `${protocol} ${way}`.trim(), flow: sum(same) }));

export const Rates = ({ into, outOf }: { readonly into: readonly MapEdge[]; readonly outOf: readonly MapEdge[] }) => {
  const rows = [...rowsOf(into, 'in'), ...rowsOf(outOf, 'out')];
  if (rows.length === 0) return undefined;
  return (
    <table className="table" aria-label="Rates by protocol">
      <thead>
        <tr>
          <th scope="col">Traffic</th>
          <th scope="col">Requests</th>
          <th scope="col">Succeeded</th>
          <th scope="col">Failed</th>
          <th scope="col">Bytes</th>
        </tr>
      </thead>
      <tbody>
        {rows.map(({ name, flow }) => (
          <tr key={name}>
            <th scope="row">{name}</th>
            <td className="number">{flow.requests > 0 ? perSecond(flow.requestsPerSecond) : '-'}</td>
            <td className="number">{flow.requests > 0 ? percent(1 - failedShare(flow)) : '-'}</td>
            <td className={flow.failed > 0 ? 'number bad' : 'number'}>{flow.requests > 0 ? percent(failedShare(flow)) : '-'}</td>
            <td className="number">{bytes(flow.bytesPerSecond)}/s</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
};
