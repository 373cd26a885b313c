import { destinationRuleKey, mergeDestinationRules } from '../istio/destination-rule.ts';
import { type Input, type Pass, resourceKey, sameList } from './input.ts';

/** Which rules are merged with which; oldest first in each group, and groups by their oldest. */
export const groupedRules = ({ of, settings, memo }: Input) =>
  Map.groupBy(of('DestinationRule'), (rule) =>
    memo(`${resourceKey(rule)} group`, [rule.hash, settings.defaultDestinationRuleExportTo], () =>
      destinationRuleKey(rule, settings.defaultDestinationRuleExportTo),
    ),
  );

export const destinations: Pass = (input) => {
  const { settings, memo } = input;
  const exportTo = settings.defaultDestinationRuleExportTo;
  const merged = [...groupedRules(input)].map(([key, rules]) =>
    memo(`DestinationRule/${key}`, [exportTo, ...rules.map(({ hash }) => hash)], () => mergeDestinationRules(rules, key, exportTo)),
  );
  return { destinations: sameList(memo, 'destinations', merged) };
};
