/**
 * Whether what policies say holds for all that something else holds for, as far as that can be seen from how they are written. Values,
 * conditions and rules are compared as sets: "yes" is certain, "no" may mean that it was not seen.
 */
import { leadingBits, type Network } from '@weft/model';
import type {
  AuthorizationRule,
  Condition,
  Conditions,
  MetadataValue,
  RequestPrincipal,
  Spelling,
  Test,
  TextMatch,
} from './authorization.ts';

type Value = Test['values'][number];

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

/** Where Envoy takes the empty text for present, it is none that a text of its own matches. */
const textCovers = (wide: TextMatch, narrow: TextMatch): boolean => {
  if (wide.kind === 'present') return narrow.kind === 'present' || narrow.value !== '';
  if (narrow.kind === 'present') return false;
  switch (wide.kind) {
    case 'exact':
      return narrow.kind === 'exact' && narrow.value === wide.value;
    case 'prefix':
      return (narrow.kind === 'exact' || narrow.kind === 'prefix') && narrow.value.startsWith(wide.value);
    case 'suffix':
      return (narrow.kind === 'exact' || narrow.kind === 'suffix') && narrow.value.endsWith(wide.value);
    case 'contains':
      return narrow.value.includes(wide.value);
  }
};

const texts: ReadonlySet<string> = new Set<TextMatch['kind']>(['exact', 'prefix', 'suffix', 'contains', 'present']);

const isText = (value: Value): value is TextMatch => typeof value === 'object' && 'kind' in value && texts.has(value.kind);
const isSpelling = (value: Value): value is Spelling => typeof value === 'object' && 'kind' in value && value.kind === 'spelling';
const isNetwork = (value: Value): value is Network => typeof value === 'object' && 'bits' in value;
const isPrincipal = (value: Value): value is RequestPrincipal => typeof value === 'object' && 'issuer' in value;
const isMetadata = (value: Value): value is MetadataValue => typeof value === 'object' && 'list' in value;

/** The spellings of what is among others are among theirs, unless an escape may be cut in two. */
const spellingCovers = (wide: Spelling, narrow: Spelling): boolean =>
  same(wide, narrow) || (isText(wide.of) && isText(narrow.of) && textCovers(wide.of, narrow.of) && !narrow.pattern.includes('%'));

const covers = (wide: Value, narrow: Value): boolean => {
  if (isText(wide)) return isText(narrow) && textCovers(wide, narrow);
  if (isNetwork(wide)) return isNetwork(narrow) && leadingBits(narrow).startsWith(leadingBits(wide));
  if (isPrincipal(wide)) return isPrincipal(narrow) && textCovers(wide.issuer, narrow.issuer) && textCovers(wide.subject, narrow.subject);
  if (isMetadata(wide)) return isMetadata(narrow) && wide.list === narrow.list && textCovers(wide.text, narrow.text);
  if (isSpelling(wide)) return isSpelling(narrow) && spellingCovers(wide, narrow);
  return same(wide, narrow);
};

const allCovered = (wide: readonly Value[], narrow: readonly Value[]): boolean =>
  narrow.every((value) => wide.some((other) => covers(other, value)));

/** What is asked, without what it is compared with. */
const question = ({ values: _, ...rest }: Test): string => JSON.stringify(rest);

const conditionImplies = (narrow: Condition, wide: Condition): boolean => {
  if (narrow.negated !== wide.negated || question(narrow.test) !== question(wide.test)) return false;
  const [more, fewer] = narrow.negated ? [narrow, wide] : [wide, narrow];
  return allCovered(more.test.values, fewer.test.values);
};

const imply = (narrow: Conditions, wide: Conditions): boolean =>
  wide.every((condition) => narrow.some((own) => conditionImplies(own, condition)));

const ruleImplies = (narrow: AuthorizationRule, wide: AuthorizationRule): boolean => {
  const { when } = narrow;
  const each = (entries: readonly Conditions[], others: readonly Conditions[]): boolean =>
    entries.every((entry) => others.some((other) => imply([...entry, ...when], other)));
  return imply(when, wide.when) && each(narrow.from, wide.from) && each(narrow.to, wide.to);
};

/** Without the places where its conditions stand. */
const saidBy = ({ from, to, when }: AuthorizationRule): string =>
  JSON.stringify([from, to, [when]].map((entries) => entries.map((entry) => entry.map(({ negated, test }) => [negated, test]))));

/** Whether one of `wide` holds wherever one of `narrow` does. */
export const areCovered = (narrow: readonly AuthorizationRule[], wide: readonly AuthorizationRule[]): boolean => {
  const known = new Set(wide.map(saidBy));
  return narrow.filter((rule) => !known.has(saidBy(rule))).every((rule) => wide.some((other) => ruleImplies(rule, other)));
};
