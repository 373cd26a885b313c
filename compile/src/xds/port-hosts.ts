/** The virtual hosts of one port. Of a list of services that came of another only what differs is looked at. */
import { changedAt, type Entry, type HttpRoute, type OutboundSlice, predecessor, type ScopedService } from '../mesh/index.ts';
import { type Part, rememberTable, unlessSame } from './remember.ts';
import { domainsOf, encodeHost, ruleHost, serviceHost } from './virtual-hosts.ts';

export type RuleHosts = NonNullable<ReturnType<OutboundSlice['virtualHosts']['get']>>;

interface Made {
  readonly port: number;
  readonly entries: readonly Entry[];
  readonly rules: RuleHosts;
  /** What each entry has of its domains; nothing: others have them all. */
  readonly domains: readonly (readonly string[])[];
  readonly own: readonly Part[];
  readonly ruled: readonly Part[];
}

const encodedHosts = rememberTable<ScopedService, Part>();
const encodedRules = rememberTable<readonly HttpRoute[], Part>();

const nothing: Part = [];

const hostOf = (number: number, { scoped, port }: Entry, domains: readonly string[]): Part =>
  domains.length === 0
    ? nothing
    : encodedHosts(scoped)(`${number} ${domains.join(' ')}`, () => [encodeHost(`${number}`, serviceHost(scoped, port, domains))]);

/** A domain belongs to the first that has it: Envoy refuses a table with two. */
const made = (port: number, entries: readonly Entry[], rules: RuleHosts): Made => {
  const taken = new Set<string>(['*']);
  // A rule for an alias is no rule for the service behind it: the name is the rule's.
  const ruled = new Set(rules.map(({ host }) => host));
  const namesOf = (scoped: ScopedService): readonly string[] =>
    ruled.size === 0 ? domainsOf(scoped) : domainsOf(scoped).filter((domain) => !ruled.has(domain) || domain === scoped.service.hostname);
  const free = (domains: readonly string[]): string[] => domains.filter((domain) => !taken.has(domain) && taken.add(domain));
  const domains = entries.map(({ scoped }) => free(namesOf(scoped)));
  const own = entries.map((entry, index) => hostOf(port, entry, domains[index] ?? []));
  const rest = rules.flatMap(({ host, routes }): readonly Part[] =>
    free([host]).length > 0 ? [encodedRules(routes)(`${port} ${host}`, () => [encodeHost(`${port}`, ruleHost(host, port, routes))])] : [],
  );
  return { port, entries, rules, domains, own, ruled: rest };
};

const sameDomains = ({ scoped: a }: Entry, { scoped: b }: Entry): boolean => {
  const [left, right] = [domainsOf(a), domainsOf(b)];
  return (
    a.service.hostname === b.service.hostname && left.length === right.length && left.every((domain, index) => domain === right[index])
  );
};

/** Where entries took the place of others of the same domains; `undefined` where that may change who has which domain. */
const mended = (before: Made, entries: readonly Entry[]): Made | undefined => {
  const at = changedAt(before.entries, entries);
  if (!at) return undefined;
  const own = [...before.own];
  for (const index of at) {
    const [old, entry] = [before.entries[index], entries[index]];
    if (!old || !entry || !sameDomains(old, entry)) return undefined;
    own[index] = unlessSame(own[index], hostOf(before.port, entry, before.domains[index] ?? []));
  }
  return { ...before, entries, own };
};

const last = new WeakMap<readonly Entry[], Made>();

export const portHosts = (port: number, entries: readonly Entry[], rules: RuleHosts): readonly Part[] => {
  const before = predecessor(entries);
  const earlier = last.get(entries) ?? (before && last.get(before));
  const known = earlier?.port === port && earlier.rules === rules ? mended(earlier, entries) : undefined;
  const now = known ?? made(port, entries, rules);
  last.set(entries, now);
  return [...now.own.filter((part) => part !== nothing), ...now.ruled];
};
