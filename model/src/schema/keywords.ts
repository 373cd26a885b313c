/** What CRDs demand beyond JSON Schema. Each function says what is wrong with a value; `model/src/gen` calls them by these names. */
import { parseDuration } from '../duration.ts';
import { brokenRule, type Rule } from './cel.ts';

/** Where the examination of a value ends. */
export const maxFaults = 1000;

/** Groups of fields of which one at most may be set. */
export const atMostOne = (groups: readonly (readonly string[])[], value: unknown): string | undefined => {
  if (typeof value !== 'object' || value === null) return undefined;
  const group = groups.find((names) => names.filter((name) => Object.hasOwn(value, name)).length > 1);
  return group && `only one of ${group.map((name) => `\`${name}\``).join(', ')} may be set`;
};

export const duration = (_: true, value: unknown): string | undefined =>
  typeof value === 'string' && parseDuration(value) === undefined ? `\`${value.slice(0, 40)}\` is no duration` : undefined;

export const cel = (rules: readonly Rule[], value: unknown): string | undefined => brokenRule(rules, value);
