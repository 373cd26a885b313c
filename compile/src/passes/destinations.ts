import type { DestinationRuleSpec, Resource } from '@weft/model';
import { destinationRuleKey, mergeDestinationRules } from '../istio/destination-rule.ts';
import { type Input, nameOf, type Pass } from './input.ts';

export type RuleGroups = ReadonlyMap<string, readonly Resource<DestinationRuleSpec>[]>;

/** Which rules are merged with which; oldest first in each group, and groups by their oldest. */
export const groupedRules = ({ of, settings, memo }: Input): RuleGroups => {
  const exportTo = settings.defaultDestinationRuleExportTo;
  const items = of('DestinationRule');
  const keyOf = (rule: Resource<DestinationRuleSpec>) => ({ rule, key: destinationRuleKey(rule, exportTo) });
  const keyed = memo.each('keys of rules', { items, name: nameOf, context: [exportTo], make: keyOf });
  return memo('groups of rules', [keyed], () => {
    const groups = [...Map.groupBy(keyed, ({ key }) => key)];
    return new Map(groups.map(([key, several]) => [key, several.map(({ rule }) => rule)]));
  });
};

export const destinations: Pass = {
  name: 'destinations',
  reads: ({ of, settings }) => [of('DestinationRule'), settings.defaultDestinationRuleExportTo],
  make: (input) => {
    const exportTo = input.settings.defaultDestinationRuleExportTo;
    return {
      destinations: input.memo.each('rules', {
        items: [...groupedRules(input)],
        name: ([key]) => key,
        inputs: ([_, rules]) => [exportTo, ...rules.map(({ hash }) => hash)],
        make: ([key, rules]) => mergeDestinationRules(rules, key, exportTo),
      }),
    };
  },
};
