/**
 * How policies are read unless the mesh is to be like Istio [G20]. What they keep out they keep out in every spelling that servers take for
 * the same: a host with a port (Istio's `hosts` are exact), a path with parameters, a header's value with blanks around it or among
 * others. And to be allowed for who it is not, a caller has to show who it is.
 */
import type { AuthorizationPolicy, AuthorizationRule, Condition, Conditions, Spelling, Test, TextMatch } from '../mesh/index.ts';
import { inLists, withParameters } from './spelling.ts';

const withPorts = (value: TextMatch): readonly TextMatch[] => {
  if (value.kind === 'suffix') return [value, { kind: 'contains', value: `${value.value}:` }];
  return value.kind === 'exact' && !value.value.includes(':') ? [value, { kind: 'prefix', value: `${value.value}:` }] : [value];
};

const isSpelling = (value: { readonly kind: string }): value is Spelling => value.kind === 'spelling';

/** Beside what is written; what was widened already stays. */
const and = <Value extends { readonly kind: string }, Other>(
  values: readonly (Value | Spelling)[],
  more: (value: Value) => readonly Other[],
) => [...values, ...values.flatMap((value) => (isSpelling(value) ? [] : more(value)))];

const widened = (test: Test): Test => {
  switch (test.kind) {
    case 'host':
      return { ...test, values: test.values.flatMap(withPorts) };
    case 'path':
      return { ...test, values: and(test.values, withParameters) };
    case 'header':
      return { ...test, values: and(test.values, inLists) };
    default:
      return test;
  }
};

const comesOnce = (name: string): boolean => name.startsWith(':') || name === 'host';

/** Servers take the first, the last or all values of a header that comes several times: none of them is what lets a request in. */
const narrowed = (test: Test): Test =>
  test.kind === 'header' && !comesOnce(test.name) && !test.values.some(({ kind }) => kind === 'present') ? { ...test, once: true } : test;

/** Of a rule that allows, what it excepts; of all others, what they name: who is asked by CUSTOM rules is not passed by either. */
const keepsOut = ({ negated }: Condition, { action }: AuthorizationPolicy): boolean => negated === (action === 'ALLOW');

const strictly = (condition: Condition, policy: AuthorizationPolicy): Condition => ({
  ...condition,
  test: keepsOut(condition, policy) ? widened(condition.test) : narrowed(condition.test),
});

const identities: ReadonlySet<Test['kind']> = new Set(['principal', 'namespace', 'service-account', 'trust-domain']);

const isSomebody = (path: string): Condition => ({ path, negated: false, test: { kind: 'principal', values: [{ kind: 'present' }] } });

/** Istio lets those in who come without a certificate: they are nobody, so not who is excepted either [S108]. */
const ofSomebody = (conditions: Conditions): Conditions => {
  const asked = conditions.filter(({ test }) => identities.has(test.kind));
  const [excepted] = asked;
  return excepted && asked.every(({ negated }) => negated) ? [isSomebody(excepted.path), ...conditions] : conditions;
};

const ruleOf = ({ from, to, when }: AuthorizationRule, policy: AuthorizationPolicy): AuthorizationRule => {
  const caller = (conditions: Conditions): Conditions => (policy.action === 'ALLOW' ? ofSomebody(conditions) : conditions);
  return {
    from: from.map(caller),
    to: to.map((conditions) => conditions.map((condition) => strictly(condition, policy))),
    when: caller(when).map((condition) => strictly(condition, policy)),
  };
};

export const strictlyRead = (policy: AuthorizationPolicy): AuthorizationPolicy => ({
  ...policy,
  rules: policy.rules.map((rule) => ruleOf(rule, policy)),
});
