import { Link } from '@tanstack/react-router';
import type { Edge, Topology } from '@weft/model';
import { useAsk } from '../api/ask.ts';
import { Figure, Panel } from '../kit/parts.tsx';
import { Answer, Empty } from '../kit/states.tsx';
import { percent } from '../kit/words.ts';
import { useShared, useSpan } from '../shell/time.ts';

/** Requests and connections that an edge had. */
const trafficOf = ({ requests, connectionsOpened }: Edge): number => requests + connectionsOpened;

/** Of what was told by which its server was reached; absent where nobody was. */
const mutualShare = (edges: readonly Edge[]): number | undefined => {
  const known = edges.filter(({ mtls }) => mtls !== 'unknown');
  const all = known.reduce((sum, edge) => sum + trafficOf(edge), 0);
  const mutual = known.filter(({ mtls }) => mtls === 'mutual').reduce((sum, edge) => sum + trafficOf(edge), 0);
  return all === 0 ? undefined : mutual / all;
};

const nameOf = ({ kind, namespace, name }: Edge['caller']): string => (kind === 'outside' ? 'outside' : `${namespace}/${name}`);

/** The share of mutual TLS, and who comes without. */
export const Security = () => {
  const { ns } = useShared();
  const { from, to } = useSpan();
  const edges = useAsk<Topology>({ path: '/edges', query: { from, to, namespace: ns }, topics: [] });
  return (
    <Panel title={<Link to={'/security' as never}>Mutual TLS</Link>}>
      <Answer of={edges} loading="Looking who comes by what">
        {({ edges: all }) => {
          const share = mutualShare(all);
          const plain = all.filter(({ mtls }) => mtls === 'plaintext' || mtls === 'mixed');
          if (share === undefined) return <Empty>Nobody called a proxy in this time.</Empty>;
          return (
            <>
              <dl className="figures">
                <Figure name="By mutual TLS" tone={share === 1 ? 'good' : 'warn'}>
                  {percent(share)}
                </Figure>
                <Figure name="Flows without" tone={plain.length === 0 ? 'plain' : 'bad'}>
                  {plain.length}
                </Figure>
              </dl>
              <ul className="lines">
                {plain.slice(0, 6).map(({ caller, callee, protocol }) => (
                  <li key={`${nameOf(caller)} ${callee.host} ${callee.workload?.name} ${protocol}`}>
                    <span className="bad">plaintext</span> {nameOf(caller)} →{' '}
                    {callee.namespace ? `${callee.namespace}/${callee.name}` : callee.host}
                  </li>
                ))}
              </ul>
            </>
          );
        }}
      </Answer>
    </Panel>
  );
};
