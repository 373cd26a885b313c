/** The virtual hosts of one port. Of a list of services that differs from an earlier one in a few places only those are looked at. */
import type { Entry, HttpRoute, OutboundSlice, ScopedService } from '../mesh/index.ts';
import { type Part, rememberTable } from './remember.ts';
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

/** More than these are another namespace's list. */
const fewChanges = 8;

/** Where the lists differ; `undefined` where that may change who has which domain. */
const changes = (before: readonly Entry[], after: readonly Entry[]): readonly number[] | undefined => {
  if (before.length !== after.length) return undefined;
  const found: number[] = [];
  for (const [index, entry] of after.entries()) {
    const other = before[index];
    if (other === entry) continue;
    if (!other || found.length === fewChanges || !sameDomains(other, entry)) return undefined;
    found.push(index);
  }
  return found;
};

const patched = (before: Made, entries: readonly Entry[], changed: readonly number[]): Made => {
  const own = [...before.own];
  for (const index of changed) {
    const entry = entries[index];
    if (entry) own[index] = hostOf(before.port, entry, before.domains[index] ?? []);
  }
  return { ...before, entries, own };
};

/** One for each namespace that sees different services. */
const remembered = 32;
const byFirst = new WeakMap<ScopedService['service'], readonly Made[]>();

export const portHosts = (port: number, entries: readonly Entry[], rules: RuleHosts): readonly Part[] => {
  const first = entries[0]?.scoped.service;
  const recent = (first && byFirst.get(first)) ?? [];
  for (const before of recent) {
    if (before.port !== port || before.rules !== rules) continue;
    const changed = changes(before.entries, entries);
    if (!changed) continue;
    const now = patched(before, entries, changed);
    if (first) byFirst.set(first, [now, ...recent.filter((other) => other !== before)]);
    return partsOf(now);
  }
  const now = made(port, entries, rules);
  if (first) byFirst.set(first, [now, ...recent].slice(0, remembered));
  return partsOf(now);
};

const partsOf = ({ own, ruled }: Made): readonly Part[] => [...own.filter((part) => part !== nothing), ...ruled];
