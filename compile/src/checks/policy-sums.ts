/** Policies that ask more of a workload's connections than can be asked, each by itself or together with others [G9]. */
import { type AuthorizationPolicySpec, doubtful, few, type Problem, type Resource } from '@weft/model';
import {
  type AddressTest,
  type AuthorizationPolicy,
  type AuthorizationSlice,
  addressDivision,
  addressTests,
  connectionVerdict,
  type Mesh,
} from '../mesh/index.ts';
import { isFor, sliceOf } from '../scope/authorization.ts';
import { expression, longestExpression } from '../xds/cel.ts';
import type { Facts, ObjectCheck, Wanted } from './facts.ts';

interface Sum {
  readonly what: string;
  /** The one that adds most is told. */
  readonly others: readonly AuthorizationPolicy[];
  readonly workloads: readonly Wanted[];
}

const keyOf = ({ namespace, name }: Pick<AuthorizationPolicy, 'namespace' | 'name'>): string => `${namespace}/${name}`;

const alone = (policy: AuthorizationPolicy): AuthorizationSlice => sliceOf([policy], [], []);

const networksOf = (tests: readonly AddressTest[]): number => tests.reduce((sum, { values }) => sum + values.length, 0);

/** Of connections that might be anybody's: from all addresses that the policy names, or from none. */
const longestQuestion = (slice: AuthorizationSlice): number => {
  const lengths = [addressTests(slice), []].map((holding) => {
    const { mayPass } = connectionVerdict(slice, { identified: true, named: true, holds: new Set(holding) });
    return mayPass.kind === 'known' ? 0 : expression(mayPass).length;
  });
  return Math.max(...lengths);
};

const lengths = new WeakMap<AuthorizationPolicy, number>();

/** Characters that it takes to ask what the policy wants to know. */
const questionText = (policy: AuthorizationPolicy): number => {
  const length = lengths.get(policy) ?? longestQuestion(alone(policy));
  lengths.set(policy, length);
  return length;
};

/** Between two questions of one expression. */
const conjunction = ' && '.length;

const textOf = (policies: readonly AuthorizationPolicy[]): number =>
  policies.reduce((sum, policy) => sum + questionText(policy) + conjunction, 0);

/** With so few networks there are fewer classes than chains may be, however they are combined. */
const fewNetworks = 20;

/** How much of what there is too much of a policy adds. */
interface Excess {
  readonly what: string;
  readonly share: (policy: AuthorizationPolicy) => number;
  /** What to do about a policy that is too much by itself. */
  readonly remedy: string;
}

const ofIdentities: Excess = {
  what: 'name more identities or server names than a connection can be asked about',
  share: questionText,
  remedy: 'Name namespaces, or identities by a common beginning.',
};
const ofAddresses: Excess = {
  what: 'tell more addresses apart than there can be filter chains for connections',
  share: (policy) => networksOf(addressTests(alone(policy))),
  remedy: 'Put addresses that mean the same into one list, or split the policy by workload.',
};

const excessOf = (slice: AuthorizationSlice): Excess | undefined => {
  const asked = [[...slice.undecided, ...slice.deny, ...slice.allow], ...slice.custom.map(({ policies }) => policies)];
  if (asked.some((policies) => textOf(policies) > longestExpression)) return ofIdentities;
  return networksOf(addressTests(slice)) <= fewNetworks || addressDivision(slice) ? undefined : ofAddresses;
};

/** What one policy asks by itself. */
export const ownProblems = (policy: AuthorizationPolicy): readonly Problem[] => {
  const excess = excessOf(alone(policy));
  if (!excess) return [];
  return [doubtful('WEFT0102', 'spec.rules', [`the rules ${excess.what}: to ports that are not HTTP nobody is let pass`, excess.remedy])];
};

/** Where one of them is too much by itself, that is told of it. */
const sumOf = (policies: readonly AuthorizationPolicy[], workloads: readonly Wanted[], { authorizers }: Mesh): readonly [string, Sum][] => {
  const excess = excessOf(sliceOf(policies, [], authorizers));
  if (!excess || policies.some((policy) => excessOf(alone(policy)))) return [];
  const { what, share } = excess;
  const [most, ...others] = policies.filter((policy) => !policy.dryRun && share(policy) > 0).sort((a, b) => share(b) - share(a));
  return most ? [[keyOf(most), { what, others, workloads }]] : [];
};

const none: ReadonlyMap<string, Sum> = new Map();

const sumsOf = ({ mesh, everyWanted }: Facts): ReadonlyMap<string, Sum> => {
  const { memo, authorizations, authorizers, backends, rules } = mesh;
  // Not even all of them together.
  const isLittle = memo('sum of all policies', [authorizations], () => excessOf(sliceOf(authorizations, [], [])) === undefined);
  if (isLittle) return none;
  return memo('sums of policies', [authorizations, authorizers, backends, rules, everyWanted], () => {
    const judged = everyWanted.map((workload) => {
      const subject = { ...workload, addresses: workload.address ? [workload.address] : [] };
      return { workload, policies: authorizations.filter((policy) => isFor(policy, subject, mesh)) };
    });
    const groups = Map.groupBy(judged, ({ policies }) => policies.map(keyOf).join());
    return new Map(
      [...groups.values()].flatMap((group) => {
        const workloads = group.map(({ workload }) => workload);
        return sumOf(group[0]?.policies ?? [], workloads, mesh);
      }),
    );
  });
};

const problemOf = ({ what, others, workloads }: Sum): Problem =>
  doubtful('WEFT0102', 'spec.rules', [
    `for ${few(workloads.map(keyOf))} this policy and ${few(others.map(keyOf))} together ${what}: to ports that are not HTTP nobody is let pass`,
    'Name namespaces instead of identities, put addresses that mean the same into one list, or give the policies to fewer workloads.',
  ]);

export const policySums: ObjectCheck<'AuthorizationPolicy'> = {
  kind: 'AuthorizationPolicy',
  about: 'sums of AuthorizationPolicies',
  reads: ['rules', 'authorizations', 'authorizers', 'backends'],
  depends: ({ metadata }: Resource<AuthorizationPolicySpec>, facts) => [sumsOf(facts).get(keyOf(metadata))],
  problems: ({ metadata }, facts) => {
    const sum = sumsOf(facts).get(keyOf(metadata));
    return sum ? [problemOf(sum)] : [];
  },
};
