/** The rules of one VirtualService: what they take, what they do with it, and what really happens. */
import { Link } from '@tanstack/react-router';
import type { HttpRouteDestination, HttpRouteSettings, Resource, VirtualServiceSpec } from '@weft/model';
import { Badge } from '../kit/parts.tsx';
import { count, percent } from '../kit/words.ts';
import { fullHost, type Live, requestsOf, requestsOfRule } from './live.ts';
import { actionWords, destinationWords, matchWords } from './words.ts';

export interface RulesProps {
  readonly service: Resource<VirtualServiceSpec>;
  readonly all: readonly Resource[];
  readonly live: Live;
}

interface Share {
  readonly words: string;
  /** Of 0..1. */
  readonly wanted: number;
  /** Undefined: nothing came, or it cannot be told. */
  readonly seen: number | undefined;
}

const sharesOf = (route: readonly HttpRouteDestination[], requests: readonly (number | undefined)[]): readonly Share[] => {
  const weights = route.reduce((sum, { weight = 0 }) => sum + weight, 0);
  const all = requests.reduce<number>((sum, one) => sum + (one ?? 0), 0);
  return route.map(({ destination, weight = 0 }, index) => {
    const own = requests[index];
    return {
      words: destinationWords(destination),
      // Istio sends all to the only destination, whatever its weight.
      wanted: weights === 0 ? 1 / route.length : weight / weights,
      seen: own === undefined || all === 0 ? undefined : own / all,
    };
  });
};

const width = (share: number | undefined) => ({ width: `${((share ?? 0) * 100).toFixed(1)}%` });

/** Wanted beside seen; the bars are for eyes, the numbers for everybody. */
const Split = ({ shares, name }: { readonly shares: readonly Share[]; readonly name: string }) => (
  <table className="table split" aria-label={`Where ${name} sends requests`}>
    <thead>
      <tr>
        <th scope="col">Goes to</th>
        <th scope="col" className="number">
          Wanted
        </th>
        <th scope="col" className="number">
          Seen
        </th>
        <th scope="col">
          <span className="visually-hidden">Wanted above seen</span>
        </th>
      </tr>
    </thead>
    <tbody>
      {shares.map(({ words, wanted, seen }) => (
        <tr key={words}>
          <td>{words}</td>
          <td className="number">{percent(wanted)}</td>
          <td className="number">{percent(seen)}</td>
          <td>
            <span className="share" aria-hidden="true">
              <span style={width(wanted)} />
              <span className="seen" style={width(seen)} />
            </span>
          </td>
        </tr>
      ))}
    </tbody>
  </table>
);

const wizards = [
  ['split', 'Split'],
  ['timing', 'Timeout and retries'],
  ['fault', 'Fault'],
  ['mirror', 'Mirror'],
  ['breaker', 'Circuit breaker'],
] as const;

const Wizards = ({ service, index, name }: { readonly service: Resource; readonly index: number; readonly name: string }) => (
  <nav className="row" aria-label={`Change ${name} of ${service.metadata.name}`}>
    {wizards.map(([wizard, words]) => (
      <Link
        key={wizard}
        className="button"
        to="/traffic/$namespace/$name/$rule/$wizard"
        params={{ namespace: service.metadata.namespace, name: service.metadata.name, rule: String(index), wizard } as never}
      >
        {words}
      </Link>
    ))}
  </nav>
);

/** To what was recorded of the service that the rule leads to. */
const Taken = ({ taken, path }: { readonly taken: number | undefined; readonly path: string }) => {
  if (taken === undefined) return <span className="soft">name the rule to have its requests counted</span>;
  if (taken === 0) return <Badge tone="warn">matched nothing</Badge>;
  return <Link to={path}>{count(taken)} requests</Link>;
};

const servicePath = ([first]: readonly HttpRouteDestination[], namespace: string): string => {
  const [name = '', of = ''] = first ? fullHost(first.destination.host, namespace).split('.') : [];
  return `/services/${of}/${name}`;
};

const Rule = ({ rule, index, service, all, live }: RulesProps & { readonly rule: HttpRouteSettings; readonly index: number }) => {
  const { namespace } = service.metadata;
  const { route = [] } = rule;
  const name = rule.name ?? `Rule ${index + 1}`;
  const requests = route.map(({ destination }) => requestsOf(destination, { all, namespace }, live));
  const actions = actionWords(rule);
  return (
    <li className="rule stack">
      <p className="row">
        <strong>{name}</strong> <span>takes {matchWords(rule)}</span>
        {live.routes && route.length > 0 && (
          <Taken taken={requestsOfRule(rule, { all, namespace }, live)} path={servicePath(route, namespace)} />
        )}
      </p>
      {route.length > 0 && <Split shares={sharesOf(route, requests)} name={name} />}
      {actions.length > 0 && (
        <ul>
          {actions.map((words) => (
            <li key={words}>{words}</li>
          ))}
        </ul>
      )}
      {route.length > 0 && <Wizards service={service} index={index} name={name} />}
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
