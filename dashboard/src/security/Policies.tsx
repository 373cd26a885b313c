/** All policies, what each of their rules decided of the traffic of a time, and which match nothing. */
import './security.css';
import type { RuleUse, StoredObject, TrafficUse } from '@weft/model';
import { useAsk } from '../api/ask.ts';
import { at } from '../api/get.ts';
import { Badge, Page, Panel } from '../kit/parts.tsx';
import { Answer } from '../kit/states.tsx';
import { type Column, Table } from '../kit/Table.tsx';
import { count, moment, percent } from '../kit/words.ts';
import { useShared, useSpan } from '../shell/time.ts';
import { ObjectLink, RuleLink } from './links.tsx';
import { SecurityPlaces } from './places.tsx';

const ruleColumns: readonly Column<RuleUse>[] = [
  {
    id: 'rule',
    name: 'Rule',
    value: ({ namespace, name, rule }) => `${namespace}/${name} rule ${rule}`,
    cell: (row) => <RuleLink {...row} />,
  },
  { id: 'action', name: 'Action', value: ({ action }) => action },
  { id: 'matched', name: 'Decided', number: true, value: ({ matched }) => matched, cell: ({ matched }) => count(matched) },
  { id: 'share', name: 'Share', number: true, value: ({ share }) => share, cell: ({ share }) => percent(share) },
  {
    id: 'remark',
    name: 'Remark',
    value: ({ matched }) => (matched === 0 ? 'matches nothing' : ''),
    cell: ({ matched }) => (matched === 0 ? <Badge tone="warn">matches nothing</Badge> : null),
  },
];

const Rules = () => {
  const { ns } = useShared();
  const { from, to, live } = useSpan();
  const query = { from, to, namespace: ns };
  const use = useAsk<TrafficUse>({ path: '/traffic', query, topics: live ? ['topology', 'resources'] : ['resources'] });
  return (
    <Panel title="Rules by traffic">
      <Answer of={use} loading="Looking what rules decided">
        {({ rules, since }) => (
          <>
            <p className="soft">
              Of all that came in at workloads of which a policy decided{since !== undefined && since > from && `, since ${moment(since)}`}.
            </p>
            <Table
              name="Rules by traffic"
              rows={rules}
              columns={ruleColumns}
              keyOf={({ namespace, name, rule }) => `${namespace}/${name}/${rule}`}
              sort="-matched"
              empty="No AuthorizationPolicy has a rule."
            />
          </>
        )}
      </Answer>
    </Panel>
  );
};

const policyColumns: readonly Column<StoredObject>[] = [
  {
    id: 'policy',
    name: 'Policy',
    value: ({ resource: { kind, metadata } }) => `${kind} ${metadata.namespace}/${metadata.name}`,
    cell: ({ resource: { kind, metadata } }) => <ObjectLink kind={kind} namespace={metadata.namespace} name={metadata.name} />,
  },
  { id: 'says', name: 'Says', value: ({ resource }) => saysOf(resource.spec as Says) },
  { id: 'about', name: 'About', value: ({ resource }) => aboutOf(resource.spec as Says) },
  {
    id: 'findings',
    name: 'Findings',
    value: ({ findings }) => findings.map(({ message }) => message).join('; '),
    cell: ({ findings }) =>
      findings.map(({ severity, message }) => (
        <p key={message}>
          <Badge tone={severity === 'error' ? 'bad' : severity === 'warning' ? 'warn' : 'info'}>{severity}</Badge> {message}
        </p>
      )),
  },
];

/** What the three kinds of policies have in common, and each for itself. */
interface Says {
  readonly action?: string;
  readonly rules?: readonly unknown[];
  readonly mtls?: { readonly mode?: string };
  readonly jwtRules?: readonly { readonly issuer?: string }[];
  readonly selector?: { readonly matchLabels?: Readonly<Record<string, string>> };
  readonly targetRefs?: readonly { readonly kind?: string; readonly name?: string }[];
}

const saysOf = ({ action, rules, mtls, jwtRules }: Says): string => {
  if (jwtRules) return `tokens of ${jwtRules.map(({ issuer }) => issuer ?? 'nobody').join(', ')}`;
  if (mtls) return `mutual TLS: ${mtls.mode ?? 'as inherited'}`;
  return `${action ?? 'ALLOW'}, ${rules?.length ?? 0} rules`;
};

const aboutOf = ({ selector, targetRefs }: Says): string => {
  if (targetRefs) return targetRefs.map(({ kind, name }) => `${kind} ${name}`).join(', ');
  const labels = Object.entries(selector?.matchLabels ?? {});
  return labels.length === 0 ? 'all workloads' : labels.map(([name, value]) => `${name}=${value}`).join(', ');
};

const Kind = ({ kind, name }: { readonly kind: string; readonly name: string }) => {
  const { ns } = useShared();
  const path = at(`/resources/${kind}`, { namespace: ns });
  const objects = useAsk<{ items: readonly StoredObject[] }>({ path, topics: ['resources', 'findings'] });
  return (
    <Panel title={name}>
      <Answer of={objects} loading="Looking for policies">
        {({ items }) => (
          <Table
            name={name}
            rows={items}
            columns={policyColumns}
            keyOf={({ resource: { metadata } }) => `${metadata.namespace}/${metadata.name}`}
            empty={`There is no ${kind}.`}
          />
        )}
      </Answer>
    </Panel>
  );
};

export const Policies = () => (
  <Page title="Policies" command="npx weft get authorizationpolicies -A" call="/traffic">
    <SecurityPlaces />
    <Rules />
    <Kind kind="AuthorizationPolicy" name="Who may do what" />
    <Kind kind="PeerAuthentication" name="Who must prove who they are" />
    <Kind kind="RequestAuthentication" name="Whose tokens count" />
  </Page>
);
