/** Rules for connections that are not HTTP: by port, address or the name that TLS asks for; with connections and bytes. */
import type { ConnectionUse, Resource, TcpRouteSettings, TlsRouteSettings, VirtualServiceSpec } from '@weft/model';
import { Badge } from '../kit/parts.tsx';
import { bytes, count } from '../kit/words.ts';
import { type Live, ruleKey, sumOf } from './live.ts';
import { Wizards } from './Rules.tsx';
import { Split } from './Split.tsx';
import { sharesOf } from './shares.ts';
import { connectionMatchWords } from './words.ts';

type ConnectionRoute = TlsRouteSettings | TcpRouteSettings;
type Used = ConnectionUse['destinations'];

const Amount = ({ used }: { readonly used: Used }) => (
  <>
    {count(sumOf(used.map(({ connections }) => connections)))}
    {used.length > 0 && (
      <span className="soft">
        {' '}
        {bytes(sumOf(used.map(({ received }) => received)))} in, {bytes(sumOf(used.map(({ sent }) => sent)))} out
      </span>
    )}
  </>
);

const amountOf = (used: Used) => <Amount used={used} />;

interface RuleProps {
  readonly service: Resource<VirtualServiceSpec>;
  readonly live: Live;
  readonly protocol: 'tls' | 'tcp';
  readonly rule: ConnectionRoute;
  readonly index: number;
}

const Rule = ({ service, live, protocol, rule, index }: RuleProps) => {
  const use = live.connections.get(ruleKey(service.metadata, `spec.${protocol}[${index}]`));
  const name = `${protocol.toUpperCase()} rule ${index + 1}`;
  const { connections = 0, failed = 0, together = [], destinations = [] } = use ?? {};
  return (
    <li className="rule stack">
      <p className="row">
        <strong>{name}</strong> <span>takes {connectionMatchWords(rule)}</span>
        {connections === 0 ? <Badge tone="warn">nothing ended in this time</Badge> : <span>{count(connections)} connections ended</span>}
        {failed > 0 && <Badge tone="bad">{count(failed)} failed</Badge>}
      </p>
      <Split
        shares={sharesOf(rule.route ?? [], { used: destinations, namespace: service.metadata.namespace, amountOf })}
        name={name}
        counted="Connections"
      />
      {together.length > 0 && <p className="soft">Counted together with {together.join(', ')}, which sends to the same places.</p>}
      <Wizards service={service} rule={`${protocol}-${index}`} name={name} offered={[['split', 'Split']]} />
    </li>
  );
};

export const ConnectionRules = ({ service, live }: Pick<RuleProps, 'service' | 'live'>) => (
  <ol className="rules">
    {(['tls', 'tcp'] as const).flatMap((protocol) =>
      (service.spec[protocol] ?? []).map((rule, index) => (
        <Rule key={JSON.stringify([protocol, index, rule.match])} {...{ service, live, protocol, rule, index }} />
      )),
    )}
  </ol>
);
