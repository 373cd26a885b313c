import type { DestinationRuleSpec, Resource } from '@weft/model';
import { destinationRuleKey, mergeDestinationRules } from '../istio/destination-rule.ts';
import { type Input, nameOf, type Pass } from './input.ts';

type Rule = Resource<DestinationRuleSpec>;

interface Keyed {
  readonly rule: Rule;
  readonly key: string;
}

/** Rules that are merged with others, by what they are merged by; oldest first. */
export type RivalRules = ReadonlyMap<string, readonly Rule[]>;

interface Grouped {
  /** The oldest of each group, in their order. */
  readonly oldest: readonly Keyed[];
  readonly rivals: RivalRules;
}

export const groupedRules = ({ of, settings, memo }: Input): Grouped => {
  const exportTo = settings.defaultDestinationRuleExportTo;
  const keyOf = (rule: Rule): Keyed => ({ rule, key: destinationRuleKey(rule, exportTo) });
  const keyed = memo.each('keys of rules', { items: of('DestinationRule'), name: nameOf, context: [exportTo], make: keyOf });
  return memo('groups of rules', [keyed], () => {
    const first = new Map<string, Keyed>();
    const rivals = new Map<string, Rule[]>();
    for (const one of keyed) {
      const oldest = first.get(one.key);
      if (!oldest) first.set(one.key, one);
      else rivals.set(one.key, [...(rivals.get(one.key) ?? [oldest.rule]), one.rule]);
    }
    return { oldest: [...first.values()], rivals };
  });
};

export const destinations: Pass = {
  name: 'destinations',
  reads: ({ of, settings }) => [of('DestinationRule'), settings.defaultDestinationRuleExportTo],
  make: (input) => {
    const exportTo = input.settings.defaultDestinationRuleExportTo;
    const { oldest, rivals } = groupedRules(input);
    const rulesOf = ({ key, rule }: Keyed): readonly Rule[] => rivals.get(key) ?? [rule];
    return {
      destinations: input.memo.each('rules', {
        items: oldest,
        name: ({ key }) => key,
        context: [exportTo, rivals],
        concerned: ([before, others]) =>
          before === exportTo ? ({ key }) => rivals.has(key) || (others as RivalRules).has(key) : undefined,
        inputs: (one) => [exportTo, ...rulesOf(one).map(({ hash }) => hash)],
        make: (one) => mergeDestinationRules(rulesOf(one), one.key, exportTo),
      }),
    };
  },
};
