/** AuthorizationPolicy: what is written, as conditions that are taken apart [S104]. */
import {
  type AuthorizationCondition,
  type AuthorizationOperation,
  type AuthorizationPolicySpec,
  type AuthorizationRuleSpec,
  type AuthorizationSource,
  type ConditionKey,
  conditionKey,
  isDryRun,
  isPathTemplate,
  type Resource,
  targetKind,
  targetsOf,
} from '@weft/model';
import type { AuthorizationPolicy, AuthorizationRule, Condition, Conditions, PolicyTarget, Test } from '../mesh/index.ts';
import { accountOf, blockOf, globOf, metadataOf, requestPrincipalOf, templateOf, textOf } from './authorization-value.ts';
import { principalsOf, type TrustDomains, trustDomainsOf } from './trust-domain.ts';

/** What values mean depends on. */
interface Reading {
  readonly namespace: string;
  readonly domains: TrustDomains;
}

type Values = readonly string[];

const testOf = (key: ConditionKey, values: Values, { namespace, domains }: Reading): Test => {
  switch (key.kind) {
    case 'principal':
      return { kind: key.kind, values: values.flatMap((value) => principalsOf(value, domains)).map(textOf) };
    case 'namespace':
      return { kind: key.kind, values: values.map(globOf) };
    case 'service-account':
      return { kind: key.kind, values: values.map((value) => accountOf(value, namespace)) };
    case 'trust-domain':
      return { kind: key.kind, values: [...new Set(values.flatMap((value) => trustDomainsOf(value, domains)))].map(globOf) };
    case 'request-principal':
      return { kind: key.kind, values: values.map(requestPrincipalOf) };
    case 'source-ip':
    case 'remote-ip':
    case 'destination-ip':
      return { kind: key.kind, values: values.map(blockOf) };
    case 'destination-port':
      return { kind: key.kind, values: values.map(Number) };
    case 'server-name':
      return { kind: key.kind, values: values.map(textOf) };
    case 'header':
      return { kind: key.kind, name: key.name, values: values.map(textOf) };
    case 'claim':
      return { kind: key.kind, claim: key.claim, values: values.map(textOf) };
    case 'metadata':
      return { kind: key.kind, filter: key.filter, key: key.key, values: values.map(metadataOf) };
  }
};

type Read = (values: Values, reading: Reading) => Test;

const reads =
  (key: ConditionKey): Read =>
  (values, reading) =>
    testOf(key, values, reading);

type Positive<Fields> = Exclude<keyof Fields, `not${string}`> & string;

const sources: readonly (readonly [Positive<AuthorizationSource>, Read])[] = [
  ['principals', reads({ kind: 'principal' })],
  ['requestPrincipals', reads({ kind: 'request-principal' })],
  ['serviceAccounts', reads({ kind: 'service-account' })],
  ['trustDomains', reads({ kind: 'trust-domain' })],
  ['namespaces', reads({ kind: 'namespace' })],
  ['remoteIpBlocks', reads({ kind: 'remote-ip' })],
  ['ipBlocks', reads({ kind: 'source-ip' })],
];

const operations: readonly (readonly [Positive<AuthorizationOperation>, Read])[] = [
  ['hosts', (values) => ({ kind: 'host', values: values.map(textOf) })],
  ['methods', (values) => ({ kind: 'method', values: values.map(textOf) })],
  ['paths', (values) => ({ kind: 'path', values: values.map((value) => (isPathTemplate(value) ? templateOf(value) : textOf(value))) })],
  ['ports', reads({ kind: 'destination-port' })],
];

const condition = (path: string, negated: boolean, test: Test): Condition => ({ path, negated, test });

const negative = (field: string): string => `not${field[0]?.toUpperCase()}${field.slice(1)}`;

interface Place extends Reading {
  readonly path: string;
}

const fieldsOf = (written: object | undefined, fields: readonly (readonly [string, Read])[], place: Place): Conditions => {
  const said = (written ?? {}) as Readonly<Record<string, Values | undefined>>;
  return fields.flatMap(([field, read]) =>
    [field, negative(field)].flatMap((name) => {
      const values = said[name];
      return values && values.length > 0 ? [condition(`${place.path}.${name}`, name !== field, read(values, place))] : [];
    }),
  );
};

const whenOf = ({ key, values = [], notValues = [] }: AuthorizationCondition, place: Place): Conditions => {
  const known = conditionKey(key);
  if (!known) return [];
  return [
    ...(values.length > 0 ? [condition(`${place.path}.values`, false, testOf(known, values, place))] : []),
    ...(notValues.length > 0 ? [condition(`${place.path}.notValues`, true, testOf(known, notValues, place))] : []),
  ];
};

/** Holds always. */
const anything: readonly Conditions[] = [[]];

const ruleOf = ({ from, to, when }: AuthorizationRuleSpec, { path, ...reading }: Place): AuthorizationRule => ({
  from: from?.map(({ source }, index) => fieldsOf(source, sources, { ...reading, path: `${path}.from[${index}].source` })) ?? anything,
  to:
    to?.map(({ operation }, index) => fieldsOf(operation, operations, { ...reading, path: `${path}.to[${index}].operation` })) ?? anything,
  when: when?.flatMap((entry, index) => whenOf(entry, { ...reading, path: `${path}.when[${index}]` })) ?? [],
});

const targetKinds: Readonly<Record<string, PolicyTarget['kind']>> = {
  '/Service': 'Service',
  'gateway.networking.k8s.io/Gateway': 'Gateway',
};

/** Kinds that nothing here knows are nobody's: the policy is for what else it names. */
export const attachedTo = (
  spec: Pick<AuthorizationPolicySpec, 'targetRef' | 'targetRefs'>,
): { readonly targets?: readonly PolicyTarget[] } => {
  const targets = targetsOf(spec);
  if (!targets) return {};
  return {
    targets: targets.flatMap((target) => {
      const kind = targetKinds[targetKind(target)];
      return kind ? [{ kind, name: target.name }] : [];
    }),
  };
};

export const authorizationPolicyOf = (
  { metadata, spec }: Resource<AuthorizationPolicySpec>,
  domains: TrustDomains,
): AuthorizationPolicy => {
  const { namespace, name } = metadata;
  const selector = spec.selector?.matchLabels;
  return {
    namespace,
    name,
    action: spec.action ?? 'ALLOW',
    ...(spec.provider?.name && { provider: spec.provider.name }),
    dryRun: isDryRun(metadata, spec.action),
    ...(selector && Object.keys(selector).length > 0 && { selector }),
    ...attachedTo(spec),
    rules: spec.rules?.map((rule, index) => ruleOf(rule, { namespace, domains, path: `spec.rules[${index}]` })) ?? [],
  };
};
