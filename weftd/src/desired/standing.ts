/** Objects as people see them: with what is said of each, the address that a Service was given, and the proxies that depend on it. */
import { setImmediate as immediate } from 'node:timers/promises';
import { type Assignments, type Mesh, serviceOwner } from '@weft/compile';
import { type Finding, type ObjectRef, type Proxy, type Resource, refKey, refOf, type ServiceSpec, type StoredObject } from '@weft/model';
import { isToldToProxies, knownDependents } from './dependents.ts';
import type { ObjectQuery, StandingObject } from './messages.ts';

/** Of longer lists nobody reads who depends on each object; it would cost a compilation for each. */
const mostAsked = 100;

export interface StandingSources {
  objects(): readonly StoredObject[];
  /** What its file says now cannot be taken. */
  isOutdated(object: ObjectRef): boolean;
  findings(): readonly Finding[];
  addresses(): Assignments;
  /** What is new is on its way to no proxy before: the answer would be that none depends on it. */
  compile(): void;
  /** In force; undefined: nothing was built yet. */
  mesh(): Mesh | undefined;
  /** Costs a compilation. */
  dependents(object: Resource): readonly Proxy[];
}

export interface Standing {
  list(query: ObjectQuery): Promise<readonly StandingObject[]>;
  /** Proxies came or went. */
  forgetDependents(): void;
}

const byObject = (findings: readonly Finding[]): ReadonlyMap<string, readonly Finding[]> =>
  Map.groupBy(
    findings.filter(({ resource }) => resource),
    ({ resource }) => (resource ? refKey(resource) : ''),
  );

export const standingOf = (sources: StandingSources): Standing => {
  const known = knownDependents();

  const dependents = (object: Resource): readonly string[] => {
    const mesh = sources.mesh();
    return mesh ? known.of(mesh, object, () => sources.dependents(object)) : [];
  };

  /** A Service with its address, as Kubernetes shows it. */
  const shown = (stored: StoredObject, findings: ReadonlyMap<string, readonly Finding[]>): StoredObject => {
    const { resource } = stored;
    const { namespace, name } = resource.metadata;
    const clusterIP = resource.kind === 'Service' ? sources.addresses()[serviceOwner(namespace, name)] : undefined;
    return {
      ...stored,
      ...(clusterIP !== undefined && { resource: { ...resource, spec: { ...(resource.spec as ServiceSpec), clusterIP } } }),
      findings: findings.get(refKey(refOf(resource))) ?? [],
    };
  };

  return {
    list: async ({ kind, namespace, name, dependents: isAsked }) => {
      const findings = byObject(sources.findings());
      const chosen = sources
        .objects()
        .filter(
          ({ resource: { kind: of, metadata } }) =>
            (kind === undefined || of === kind) &&
            (namespace === undefined || metadata.namespace === namespace) &&
            (name === undefined || metadata.name === name),
        );
      const asked = isAsked && chosen.length <= mostAsked;
      if (asked) sources.compile();
      const items: StandingObject[] = [];
      for (const stored of chosen) {
        const standing = { stored: shown(stored, findings), outdated: sources.isOutdated(refOf(stored.resource)) };
        items.push(asked && isToldToProxies(stored.resource) ? { ...standing, dependents: dependents(stored.resource) } : standing);
        // Changes and pushes come first, however long the list is.
        if (asked) await immediate();
      }
      return items;
    },
    forgetDependents: () => known.forget(sources.mesh()),
  };
};
