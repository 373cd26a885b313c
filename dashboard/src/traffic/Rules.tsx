/** The rules of one VirtualService: what they take, what they do with it, and what really happens. */
import { Link } from '@tanstack/react-router';
import type { HttpRouteSettings, Resource, RouteUse, VirtualServiceSpec } from '@weft/model';
import { Badge } from '../kit/parts.tsx';
import { count, percent } from '../kit/words.ts';
import { useShared } from '../shell/time.ts';
import { type Live, ruleKey, sumOf } from './live.ts';
import { Split } from './Split.tsx';
import { sharesOf } from './shares.ts';
import { actionWords, matchWords } from './words.ts';

export interface RulesProps {
  readonly service: Resource<VirtualServiceSpec>;
  readonly live: Live;
}

const nothing: Pick<RouteUse, 'requests' | 'failed' | 'destinations'> = { requests: 0, failed: 0, destinations: [] };

const amountOf = (used: RouteUse['destinations']): string => count(sumOf(used.map(({ requests }) => requests)));

export const wizards = [
  ['match', 'Routing'],
  ['split', 'Split'],
  ['timing', 'Timeout and retries'],
  ['fault', 'Fault'],
  ['mirror', 'Mirror'],
  ['breaker', 'Circuit breaker'],
] as const;

interface WizardsProps {
  readonly service: Resource;
  /** `0`, or `tcp-0` of rules for connections. */
  readonly rule: string;
  readonly name: string;
  readonly offered: readonly (readonly [string, string])[];
}

export const Wizards = ({ service, rule, name, offered }: WizardsProps) => (
  <nav className="row" aria-label={`Change ${name} of ${service.metadata.name}`}>
    {offered.map(([wizard, words]) => (
      <Link
        key={wizard}
        className="button"
        to="/traffic/$namespace/$name/$rule/$wizard"
        params={{ namespace: service.metadata.namespace, name: service.metadata.name, rule, wizard } as never}
      >
        {words}
      </Link>
    ))}
  </nav>
);

/** To the records of who called what the rule leads to, in the same time. */
const Taken = ({ use, path }: { readonly use: typeof nothing & { readonly share?: number }; readonly path: string | undefined }) => {
  const { since, from, to } = useShared();
  if (use.requests === 0) return <Badge tone="warn">matched nothing</Badge>;
  const words = `${count(use.requests)} ${use.requests === 1 ? 'request' : 'requests'}`;
  return (
    <>
      {path ? (
        <Link to={'/security/access' as string} search={{ server: path, side: 'source', since, from, to } as never}>
          {words}
        </Link>
      ) : (
        words
      )}
      <span className="soft">{percent(use.share)} of this VirtualService</span>
      {use.failed > 0 && <Badge tone="bad">{count(use.failed)} failed</Badge>}
    </>
  );
};

/** `shop/catalog`, of the first destination in the mesh. */
const servedBy = ({ route = [] }: HttpRouteSettings, namespace: string): string | undefined => {
  const [first] = route;
  if (!first) return undefined;
  const [name = '', of = namespace] = first.destination.host.split('.');
  return `${of}/${name}`;
};

const Rule = ({ rule, index, service, live }: RulesProps & { readonly rule: HttpRouteSettings; readonly index: number }) => {
  const { namespace } = service.metadata;
  const { route = [], delegate } = rule;
  const name = rule.name ?? `Rule ${index + 1}`;
  const use = live.routes.get(ruleKey(service.metadata, `spec.http[${index}]`)) ?? nothing;
  const actions = actionWords(rule);
  return (
    <li className="rule stack">
      <p className="row">
        <strong>{name}</strong> <span>takes {matchWords(rule)}</span>
        {!delegate && <Taken use={use} path={servedBy(rule, namespace)} />}
      </p>
      {route.length > 0 && (
        <Split shares={sharesOf(route, { used: use.destinations, namespace, amountOf })} name={name} counted="Requests" />
      )}
      {actions.length > 0 && (
        <ul>
          {actions.map((words) => (
            <li key={words}>{words}</li>
          ))}
        </ul>
      )}
      {route.length > 0 && <Wizards service={service} rule={String(index)} name={name} offered={wizards} />}
    </li>
  );
};

export const Rules = (props: RulesProps) => (
  <ol className="rules">
    {(props.service.spec.http ?? []).map((rule, index) => (
      <Rule key={JSON.stringify([index, rule.name, rule.match])} rule={rule} index={index} {...props} />
    ))}
  </ol>
);
