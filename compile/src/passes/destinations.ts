import type { DestinationRuleSpec, Resource } from '@weft/model';
import { destinationRuleKey, mergeDestinationRules } from '../istio/destination-rule.ts';
import { type Input, nameOf, type Pass } from './input.ts';

export type RuleGroups = ReadonlyMap<string, readonly Resource<DestinationRuleSpec>[]>;

/** Which rules are merged with which; oldest first in each group, and groups by their oldest. */
export const groupedRules = ({ of, settings, memo }: Input): RuleGroups => {
  const exportTo = settings.defaultDestinationRuleExportTo;
  return memo('groups of rules', [of('DestinationRule'), exportTo], (inner) =>
    Map.groupBy(of('DestinationRule'), (rule) => inner(nameOf(rule), [rule.hash, exportTo], () => destinationRuleKey(rule, exportTo))),
  );
};

export const destinations: Pass = {
  name: 'destinations',
  reads: ({ of, settings }) => [of('DestinationRule'), settings.defaultDestinationRuleExportTo],
  make: (input) => {
    const exportTo = input.settings.defaultDestinationRuleExportTo;
    const merged = [...groupedRules(input)].map(([key, rules]) =>
      input.memo(key, [exportTo, ...rules.map(({ hash }) => hash)], () => mergeDestinationRules(rules, key, exportTo)),
    );
    return { destinations: merged };
  },
};
