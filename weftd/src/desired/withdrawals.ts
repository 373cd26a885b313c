/**
 * CUSTOM policies that were changed or deleted. What came instead may be another resource of a proxy's, so authorizers are asked about
 * what those policies name until the proxy has all of that: it is then as strict as both, and never laxer than either [G30].
 *
 * Nobody waits for proxies that do not answer longer than `stepMs`; for those alone the policies stay what they were.
 */
import type { Withdrawal } from '@weft/compile';
import type { Resource, Specs } from '@weft/model';

type Spec = Specs['AuthorizationPolicy'];
type Policy = Resource<Spec>;

/** A CUSTOM policy that some proxy was told. */
export interface ToldPolicy {
  readonly policy: Policy;
  /** Proxies, as `namespace/name`, that may still go by it though it is withdrawn; absent: it is wanted. */
  readonly withdrawnFrom?: readonly string[];
}

export interface Withdrawals {
  /** What is wanted, and who runs. @returns whether something is newly withdrawn, or not any more. */
  take(policies: readonly Resource[], proxies: readonly string[]): boolean;
  /** Those under way, the same list until one of them changes. */
  current(): readonly Withdrawal[];
  /** The time (of `now`) at which those that have all of it shall wait for the others no longer; undefined: there are none. */
  deadline(): number | undefined;
  /** @param pending who has not acknowledged what was told last. @returns whether something changed */
  advance(pending: readonly string[]): boolean;
  /** By the policy's hash; to be written down before anybody is told. */
  told(): ReadonlyMap<string, ToldPolicy>;
}

export interface WithdrawalsInput {
  /** As they were written down. */
  readonly told: ReadonlyMap<string, ToldPolicy>;
  readonly stepMs: number;
  readonly now: () => number;
}

const isAsked = (resource: Resource): resource is Policy =>
  resource.kind === 'AuthorizationPolicy' && (resource.spec as Spec).action === 'CUSTOM';

const underWay = (told: ReadonlyMap<string, ToldPolicy>): readonly Withdrawal[] =>
  [...told.values()].flatMap(({ policy, withdrawnFrom }) => (withdrawnFrom ? [{ policy, proxies: new Set(withdrawnFrom) }] : []));

export const createWithdrawals = ({ told: written, stepMs, now }: WithdrawalsInput): Withdrawals => {
  let told = written;
  let current = underWay(written);
  let since = now();

  /** @returns whether it is something else than before */
  const replace = (entries: readonly (readonly [string, ToldPolicy])[]): boolean => {
    if (entries.length === told.size && entries.every(([hash, value]) => told.get(hash) === value)) return false;
    const before = current;
    told = new Map(entries);
    current = underWay(told);
    return before.length > 0 || current.length > 0;
  };

  const left = (entry: ToldPolicy, proxies: ReadonlySet<string>): ToldPolicy => {
    const { policy, withdrawnFrom } = entry;
    const still = (withdrawnFrom ?? [...proxies]).filter((name) => proxies.has(name));
    return withdrawnFrom?.length === still.length ? entry : { policy, withdrawnFrom: still };
  };

  const isOver = ({ withdrawnFrom }: ToldPolicy): boolean => withdrawnFrom?.length === 0;

  return {
    take: (policies, names) => {
      const wanted = new Map(policies.filter(isAsked).map((policy) => [policy.hash, policy] as const));
      const proxies = new Set(names);
      const kept = [...told].map(([hash, entry]) => {
        const again = wanted.get(hash);
        if (again) return [hash, entry.withdrawnFrom ? { policy: again } : entry] as const;
        return [hash, left(entry, proxies)] as const;
      });
      const fresh = [...wanted].filter(([hash]) => !told.has(hash)).map(([hash, policy]) => [hash, { policy }] as const);
      if (kept.some(([hash, { withdrawnFrom }]) => withdrawnFrom && !told.get(hash)?.withdrawnFrom)) since = now();
      return replace([...kept.filter(([, entry]) => !isOver(entry)), ...fresh]);
    },
    current: () => current,
    deadline: () => (current.length === 0 ? undefined : since + stepMs),
    advance: (pending) => {
      since = now();
      const names = new Set(pending);
      const entries = [...told].map(([hash, entry]) => [hash, entry.withdrawnFrom ? left(entry, names) : entry] as const);
      return replace(entries.filter(([, entry]) => !isOver(entry)));
    },
    told: () => told,
  };
};
