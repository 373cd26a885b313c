import { Link } from '@tanstack/react-router';
import type { Edge, Protection, Topology } from '@weft/model';
import { useAsk } from '../api/ask.ts';
import { Figure, Panel } from '../kit/parts.tsx';
import { Answer, Empty } from '../kit/states.tsx';
import { percent } from '../kit/words.ts';
import { rhythmOf, useShared, useSpan } from '../shell/time.ts';

/** Of what reached a proxy; absent where nothing did. */
const mutualShare = ({ mutual, plaintext }: Protection): number | undefined =>
  mutual + plaintext === 0 ? undefined : mutual / (mutual + plaintext);

const nameOf = ({ kind, namespace, name }: Edge['caller']): string => (kind === 'outside' ? 'outside' : `${namespace}/${name}`);

/** The share of mutual TLS, and who comes without. */
export const Security = () => {
  const { ns } = useShared();
  const span = useSpan();
  const { from, to } = span;
  // A large mesh has thousands of others.
  const query = { from, to, namespace: ns, mtls: 'plaintext,mixed' };
  const edges = useAsk<Topology>({ path: '/edges', query, ...rhythmOf(span) });
  return (
    <Panel title={<Link to={'/security' as never}>Mutual TLS</Link>}>
      <Answer of={edges} loading="Looking who comes by what">
        {({ edges: plain, protection }) => {
          const share = mutualShare(protection);
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
