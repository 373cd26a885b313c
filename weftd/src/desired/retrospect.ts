/** What people ask about the past of the configuration: revisions, how two of them differ, objects as they were. */
import {
  type History,
  type HistorySearch,
  type MeshChange,
  manifestText,
  type ObjectDifference,
  type Resource,
  type RevisionDetails,
  type RevisionDifference,
  refKey,
  refOf,
  type StoredObject,
  type UndoResult,
} from '@weft/model';
import { withoutKeys } from '../api/redact.ts';
import { concerns, type Subject } from '../events/concern.ts';
import type { Change, History as KeptHistory, WrittenRevision } from '../store/history.ts';
import type { UndoStep } from './undo.ts';

export interface RevisionsAsked {
  readonly from: number;
  /** Absent: what is in force. */
  readonly to?: number;
}

export interface PastObjects {
  readonly revision: number;
  /** Absent: all kinds. */
  readonly kind?: string;
  readonly namespace?: string;
  readonly name?: string;
}

export interface Retrospect {
  history(search: HistorySearch): History;
  revision(revision: number): RevisionDetails | undefined;
  /** Undefined: one of the revisions is not known any more, or never was. */
  difference(asked: RevisionsAsked): RevisionDifference | undefined;
  objectsAt(asked: PastObjects): readonly StoredObject[] | undefined;
  /** The newest first. */
  configurationChanges(asked: ChangesAsked): readonly MeshChange[];
}

export interface ChangesAsked {
  readonly from: number;
  readonly to: number;
  readonly limit: number;
  /** Absent: about anything. */
  readonly about?: Omit<Subject, 'rootNamespace'>;
}

const usualLimit = 50;

const textOf = (resource: Resource): string => manifestText(withoutKeys(resource));

const originless = { source: 'api' } as const;

/** For people. */
export const differenceOf = ({ ref, before, after }: Change): ObjectDifference => ({
  ref,
  action: before ? (after ? 'configured' : 'deleted') : 'created',
  origin: (after ?? before)?.origin ?? originless,
  ...(before && { before: textOf(before) }),
  ...(after && { after: textOf(after) }),
});

export const undoChanges = (steps: readonly UndoStep[]): UndoResult['changes'] =>
  steps
    .filter(({ action }) => action !== 'unchanged')
    .map(({ ref, now, wanted, byHand }) => ({
      ...differenceOf({ ref, ...(now && { before: now }), ...(wanted && { after: wanted }) }),
      ...(byHand && { byHand: { file: byHand.file, line: byHand.line } }),
    }));

const between = (before: readonly Resource[], after: readonly Resource[]): readonly Change[] => {
  const [old, fresh] = [before, after].map((list) => new Map(list.map((resource) => [refKey(refOf(resource)), resource])));
  const keys = [...new Set([...(old?.keys() ?? []), ...(fresh?.keys() ?? [])])].sort();
  return keys.flatMap((key) => {
    const [was, is] = [old?.get(key), fresh?.get(key)];
    const one = is ?? was;
    if (!one || was?.hash === is?.hash) return [];
    return [{ ref: refOf(one), ...(was && { before: was }), ...(is && { after: is }) }];
  });
};

const mostNamed = 3;

/** What a revision did, about what is asked; undefined: nothing. */
const changeOf = (
  { changes, revision, at, by }: WrittenRevision & { readonly changes: readonly Change[] },
  about?: Subject,
): MeshChange | undefined => {
  const all = about ? changes.filter(({ before, after }) => [before, after].some((one) => one && concerns(one, about))) : changes;
  if (all.length === 0) return undefined;
  const words = all.slice(0, mostNamed).map(({ ref, before, after }) => {
    const name = `${ref.kind} ${ref.namespace ? `${ref.namespace}/` : ''}${ref.name}`;
    return `${name} ${before ? (after ? 'changed' : 'deleted') : 'created'}`;
  });
  const more = all.length - words.length;
  const namespaces = new Set(all.map(({ ref }) => ref.namespace));
  const [namespace = ''] = namespaces;
  return {
    ...{ at, kind: 'configuration', revision, objects: all.slice(0, 100).map(({ ref }) => ref) },
    words: `${words.join(', ')}${more > 0 ? ` and ${more} more` : ''}`,
    ...(by !== undefined && { by }),
    ...(namespaces.size === 1 && namespace !== '' && { namespace }),
  };
};

const countsOf = (changes: readonly ObjectDifference[]): RevisionDetails['counts'] => {
  const count = (action: ObjectDifference['action']): number => changes.filter((change) => change.action === action).length;
  return { created: count('created'), configured: count('configured'), deleted: count('deleted') };
};

export interface RetrospectSources {
  readonly kept: KeptHistory;
  /** The revision in force. */
  readonly now: () => number;
  readonly rootNamespace: () => string;
}

export const retrospectOf = ({ kept, now, rootNamespace }: RetrospectSources): Retrospect => ({
  history: ({ limit = usualLimit, ...search }) => {
    const found = kept.list({ ...search, limit });
    const since = kept.since();
    return { items: found.slice(0, limit), more: found.length > limit, ...(since !== undefined && { since }) };
  },
  revision: (revision) => {
    const found = kept.revision(revision);
    if (!found) return undefined;
    const changes = found.changes.map(differenceOf);
    return { ...found, counts: countsOf(changes), changes };
  },
  configurationChanges: ({ about, ...asked }) =>
    kept.list(asked).flatMap(({ revision }) => {
      const found = kept.revision(revision);
      return (found && changeOf(found, about && { ...about, rootNamespace: rootNamespace() })) ?? [];
    }),
  difference: ({ from, to = now() }) => {
    const [before, after] = [kept.at(from), kept.at(to)];
    return before && after && { from, to, changes: between(before, after).map(differenceOf) };
  },
  objectsAt: ({ revision, kind, namespace, name }) =>
    kept
      .at(revision)
      ?.filter(
        (resource) =>
          (kind === undefined || resource.kind === kind) &&
          (namespace === undefined || resource.metadata.namespace === namespace) &&
          (name === undefined || resource.metadata.name === name),
      )
      .map((resource) => ({ resource: withoutKeys(resource), revision, findings: [] })),
});
