/** What a change would do: the mesh that there would be beside the one that there is, as its proxies, its policies and its recorded traffic see it. */
import { setImmediate as immediate } from 'node:timers/promises';
import { accessIn, type Decision, decisionOf, type Mesh, type Recorded, type Situation } from '@weft/compile';
import { changesBetween, noResources } from '@weft/compile/diff';
import { type Encoded, type ResourceSet, shortType } from '@weft/envoy';
import type {
  ConfigurationChanges,
  Finding,
  PairChange,
  Preview,
  PreviewedResource,
  PreviewRequest,
  ProxiesChange,
  Proxy,
  RecordsChange,
  Resource,
} from '@weft/model';
import type { Instance } from '../registry.ts';
import type { Built } from './compiler.ts';
import type { Proposal, Proposed } from './ownership.ts';
import { differenceOf } from './retrospect.ts';

/** A record, and what it is for people. */
export interface AskedRecord {
  readonly id: number;
  readonly recorded: Recorded;
  readonly from: string;
  readonly to: string;
  readonly what: string;
}

/** A proxy's configuration before and after. */
export interface ProxyPair {
  readonly proxy: Proxy;
  readonly from: ResourceSet;
  readonly to: ResourceSet;
}

const nameOf = ({ namespace, name }: Proxy): string => `${namespace}/${name}`;

const typesOf = ({ from, to }: ProxyPair): Readonly<Record<string, ConfigurationChanges>> => {
  const types = [...new Set([...from.keys(), ...to.keys()])].flatMap((type): [string, ConfigurationChanges][] => {
    const [before, after] = [from.get(type) ?? noResources, to.get(type) ?? noResources];
    const { changed, removed } = changesBetween(before, after);
    if (changed.length + removed.length === 0) return [];
    const names = (isNew: boolean): readonly string[] => changed.filter(({ name }) => !before.has(name) === isNew).map(({ name }) => name);
    return [[shortType(type), { added: names(true).toSorted(), changed: names(false).toSorted(), removed: removed.toSorted() }]];
  });
  return Object.fromEntries(types);
};

/** Proxies of a workload have the same, and most others too. */
export const proxiesChanges = (pairs: readonly ProxyPair[]): readonly ProxiesChange[] => {
  const changed = pairs
    .map((pair) => ({ proxy: nameOf(pair.proxy), types: typesOf(pair) }))
    .filter(({ types }) => Object.keys(types).length > 0);
  return [...Map.groupBy(changed, ({ types }) => JSON.stringify(types)).values()].map((same) => ({
    proxies: same.map(({ proxy }) => proxy).toSorted(),
    types: same[0]?.types ?? {},
  }));
};

export interface ResourceBytes {
  readonly before?: Encoded;
  readonly after?: Encoded;
}

export const resourceBytes = (pairs: readonly ProxyPair[], { proxy, type, name }: PreviewedResource): ResourceBytes => {
  const pair = pairs.find((one) => nameOf(one.proxy) === proxy);
  const of = (set: ResourceSet | undefined): Encoded | undefined =>
    [...(set ?? [])].find(([typeUrl]) => shortType(typeUrl) === type)?.[1].get(name);
  const [before, after] = [of(pair?.from), of(pair?.to)];
  return { ...(before && { before }), ...(after && { after }) };
};

const textOf = ({ severity, code, message, resource, path }: Finding): string => JSON.stringify([severity, code, message, resource, path]);

const without = (findings: readonly Finding[], others: readonly Finding[]): readonly Finding[] => {
  const known = new Set(others.map(textOf));
  return findings.filter((finding) => !known.has(textOf(finding)));
};

export const findingsChange = (before: readonly Finding[], after: readonly Finding[]): Preview['findings'] => ({
  added: without(after, before),
  gone: without(before, after),
});

/** Each callee's port by itself, so that a decision that was one for several can become two. */
export const pairChanges = (before: Situation, after: Situation): readonly PairChange[] => {
  const portsIn = (situation: Situation) =>
    new Map(
      accessIn(situation).flatMap(({ ports, ...pair }) =>
        ports.map((port) => [JSON.stringify([pair.from, pair.to, port]), { ...pair, port }] as const),
      ),
    );
  const [old, fresh] = [portsIn(before), portsIn(after)];
  const changed = [...fresh].flatMap(([key, pair]) => {
    const was = old.get(key)?.decision;
    return was === undefined || was === pair.decision ? [] : [{ ...pair, before: was }];
  });
  const alike = Map.groupBy(changed, ({ from, to, before: was, decision }) => JSON.stringify([from, to, was, decision]));
  return [...alike.values()].flatMap((same): PairChange[] => {
    const [first] = same;
    if (!first) return [];
    const { from, to, before: was, decision, why } = first;
    return [{ from, to, ports: same.map(({ port }) => port), before: was, after: decision, why }];
  });
};

const mostExamples = 5;
/** Pushes come first, however many records there are. */
const atOnce = 20;

const same = (a: Decision, b: Decision): boolean => JSON.stringify(a) === JSON.stringify(b);

interface Pair {
  readonly before: Decision;
  readonly after: Decision;
}

/** What differs in no way that counts is asked once. */
const sortOf = ({ at: _, source: __, ...recorded }: Recorded): string => JSON.stringify(recorded);

export const recordsChanges = async (
  records: readonly AskedRecord[],
  before: Situation,
  after: Situation,
): Promise<NonNullable<Preview['records']>> => {
  const known = new Map<string, Pair | undefined>();
  const judged: (AskedRecord & Pair)[] = [];
  for (const record of records) {
    const sort = sortOf(record.recorded);
    if (!known.has(sort)) {
      const [was, is] = [decisionOf(before, record.recorded), decisionOf(after, record.recorded)];
      known.set(sort, was && is && { before: was, after: is });
      if (known.size % atOnce === 0) await immediate();
    }
    const pair = known.get(sort);
    if (pair) judged.push({ ...record, ...pair });
  }
  const different = judged.filter((one) => !same(one.before, one.after));
  const alike = Map.groupBy(different, ({ from, to, before: was, after: is }) => JSON.stringify([from, to, was, is]));
  const changed = [...alike.values()].flatMap((group): RecordsChange[] => {
    const [first] = group;
    if (!first) return [];
    const examples = group.slice(0, mostExamples).map(({ id, recorded: { at }, what }) => ({ id, at, what }));
    return [{ count: group.length, from: first.from, to: first.to, before: first.before, after: first.after, examples }];
  });
  return { looked: records.length, judged: judged.length, changed: changed.toSorted((a, b) => b.count - a.count) };
};

export interface PreviewAsked {
  readonly proposed: PreviewRequest;
  readonly records?: readonly AskedRecord[];
}

export interface PreviewSources {
  propose(asked: Proposed): Proposal;
  revision(): number;
  written(revision: number): Extract<Proposed, { readonly kind: 'undo' }>['revision'] | undefined;
  built(): Built | undefined;
  /** As if these were all objects there are. Undefined: it cannot be built. */
  asIf(resources: readonly Resource[]): Built | undefined;
  compare(other: Mesh): readonly ProxyPair[];
  resources(): readonly Resource[];
  instances(): readonly Instance[];
}

export interface Previews {
  /** Undefined: there is no such revision. */
  preview(asked: PreviewAsked): Promise<PreviewAnswer | undefined>;
}

/** The configuration of one resource is still to be decoded. */
export interface PreviewAnswer {
  readonly preview: Preview;
  readonly resource?: ResourceBytes;
}

const proposedIn = ({ text, undo, delete: refs = [] }: PreviewRequest, written: PreviewSources['written']): Proposed | undefined => {
  if (text !== undefined) return { kind: 'text', request: { text, file: '', directory: '/', dryRun: true } };
  if (undo === undefined) return { kind: 'delete', refs };
  const revision = written(undo);
  return revision && { kind: 'undo', revision };
};

export const previewsOf = (sources: PreviewSources): Previews => ({
  preview: async ({ proposed, records }) => {
    const asked = proposedIn(proposed, sources.written);
    if (!asked) return undefined;
    const { items, findings, changes, resources, refused } = sources.propose(asked);
    const [before, after] = [sources.built(), sources.asIf(resources)];
    if (!before || !after) throw new Error('the mesh that there would be cannot be built');
    const pairs = sources.compare(after.mesh);
    const pods = sources.instances();
    const [was, is] = [
      { mesh: before.mesh, resources: sources.resources(), pods },
      { mesh: after.mesh, resources, pods },
    ];
    const changed = findingsChange(before.findings, after.findings);
    const preview: Preview = {
      ...{ revision: sources.revision(), items, refused, changes: changes.map(differenceOf) },
      findings: { added: [...findings, ...changed.added], gone: changed.gone },
      proxies: { all: pairs.length, changed: proxiesChanges(pairs) },
      pairs: pairChanges(was, is),
      ...(records && { records: await recordsChanges(records, was, is) }),
    };
    return { preview, ...(proposed.resource && { resource: resourceBytes(pairs, proposed.resource) }) };
  },
});
