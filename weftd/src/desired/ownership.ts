/**
 * Desired state: what files claim and what the API writes, settled object by object into the store. Each object has one
 * owner; every write is durable before it is acknowledged; a broken newer version leaves the last good one in force.
 */
import type {
  ApplyAction,
  ApplyRequest,
  ApplyResult,
  AuditAuthor,
  CertificateReader,
  Finding,
  ObjectRef,
  Resource,
  StoredObject,
} from '@weft/model';
import { manifestOf, parse, refKey, refOf } from '@weft/model';
import { createClaims } from '../sources/claims.ts';
import type { FileChanges } from '../sources/files.ts';
import type { Change, WrittenRevision } from '../store/history.ts';
import type { Author, Objects, Write } from '../store/objects.ts';
import { changedMeanwhile, folderIsEmpty, noSuchObject, ownedByApi, ownedByFile, unreadableFile } from './findings.ts';
import { type UndoStep, undoSteps } from './undo.ts';
import { judge } from './verdict.ts';

export interface Ownership {
  /**
   * @returns whether anything changed, if only the line on which an object stands.
   * Throws when the disk takes nothing; the changes are remembered, and the next call of `settle` or `takeFiles` tries again.
   */
  takeFiles(changes: FileChanges): boolean;
  /** Tries again what the disk did not take. */
  settle(): boolean;
  /** The folder became empty (all stays in force) or came back. */
  setEmpty(empty: boolean): void;
  /** Settles every object; needed once, after the first look at the folder. */
  settleAll(): boolean;
  apply(request: Applied): ApplyResult;
  remove(refs: readonly ObjectRef[], by?: AuditAuthor): ApplyResult;
  /** Takes back what a revision did, all of it or nothing. */
  undo(revision: WrittenRevision & { readonly changes: readonly Change[] }, options: UndoOptions): Undone;
  /** What there would be, whoever owns it: also of what files say somebody may want to know what another text would do. */
  propose(asked: Proposed): Proposal;
  /** The same array until something changes. */
  resources(): readonly Resource[];
  /** What would be in force if `request` were applied. */
  preview(request: ApplyRequest): readonly Resource[];
  /** About files and API objects one by one; what objects do together is the compiler's to say. */
  findings(): readonly Finding[];
  /** A newer version than the one in force stands in its file, and cannot be taken. */
  isOutdated(ref: ObjectRef): boolean;
  revision(): number;
}

/** With who asks for it. */
export type Applied = ApplyRequest & { readonly by?: AuditAuthor };

export interface UndoOptions {
  readonly by?: AuditAuthor;
  readonly dryRun: boolean;
}

export interface Undone extends ApplyResult {
  readonly steps: readonly UndoStep[];
}

export type Proposed =
  | { readonly kind: 'text'; readonly request: ApplyRequest }
  | { readonly kind: 'delete'; readonly refs: readonly ObjectRef[] }
  | { readonly kind: 'undo'; readonly revision: WrittenRevision & { readonly changes: readonly Change[] } };

export interface Proposal extends Pick<ApplyResult, 'items' | 'findings'> {
  readonly resources: readonly Resource[];
  readonly changes: readonly Change[];
  readonly refused: boolean;
}

interface Decision {
  readonly action: ApplyAction;
  readonly resource: Resource;
  readonly finding?: Finding;
}

class OwnedObjects implements Ownership {
  readonly #objects: Objects;
  readonly #folder: string | undefined;
  readonly #claims = createClaims();
  readonly #conflicts = new Map<string, Finding>();
  readonly #now: () => number;
  readonly #certificates: CertificateReader;
  /** Objects that something was said about since they were last settled. */
  readonly #unsettled = new Set<string>();
  #isEmpty = false;
  #resources: readonly Resource[] | undefined;

  constructor({ objects, folder, now, certificates }: OwnershipInput) {
    this.#objects = objects;
    this.#folder = folder;
    this.#now = now;
    this.#certificates = certificates;
  }

  takeFiles(changes: FileChanges): boolean {
    for (const [file, change] of changes) {
      for (const key of this.#takeFile(file, change)) this.#unsettled.add(key);
      // A file that is readable again may settle objects that it no longer holds.
      for (const [key, { resource }] of this.#objects.all()) {
        if (resource.origin.source === 'file' && resource.origin.file === file) this.#unsettled.add(key);
      }
    }
    return this.settle();
  }

  #takeFile(file: string, change: FileChanges extends ReadonlyMap<string, infer Change> ? Change : never): ReadonlySet<string> {
    if (change.kind === 'gone') return this.#claims.delete(file);
    if (change.kind === 'text' && change.text.length > 0) {
      return this.#claims.set(file, parse({ text: change.text, file, origin: { source: 'file' }, certificates: this.#certificates }));
    }
    // Nothing at all in a file is an editor or a full disk in mid-write far more often than it is meant.
    const reason = change.kind === 'unreadable' ? change.reason : 'the file is empty';
    return this.#claims.set(file, { resources: [], rejected: [], unreadable: true, findings: [unreadableFile(file, reason)] });
  }

  setEmpty(isEmpty: boolean): void {
    this.#isEmpty = isEmpty;
  }

  settleAll(): boolean {
    for (const key of this.#objects.all().keys()) this.#unsettled.add(key);
    return this.settle();
  }

  settle(): boolean {
    const put: { resource: Resource; findings: readonly Finding[] }[] = [];
    const touched: Resource[] = [];
    const remove: ObjectRef[] = [];
    for (const key of this.#unsettled) {
      const stored = this.#objects.all().get(key);
      const claim = this.#claims.of(key);
      const verdict = judge({ stored, claim, uncertain: this.#isUncertain(stored) });
      this.#conflicts.delete(key);
      if (verdict.kind === 'put') put.push({ resource: verdict.resource, findings: [] });
      if (verdict.kind === 'touch') touched.push(verdict.resource);
      if (verdict.kind === 'remove') remove.push(verdict.ref);
      if (verdict.kind === 'conflict') this.#conflicts.set(key, ownedByApi(verdict.claim));
    }
    this.#objects.write({ put, remove, author: { source: 'file' } });
    const moved = this.#objects.touch(touched);
    this.#unsettled.clear();
    const changed = put.length + remove.length + moved > 0;
    if (changed) this.#resources = undefined;
    return changed;
  }

  #isUncertain(stored: StoredObject | undefined): boolean {
    const origin = stored?.resource.origin;
    if (origin?.source !== 'file') return false;
    return this.#isEmpty || this.#folder === undefined || this.#claims.isUncertain(origin.file);
  }

  apply(request: Applied): ApplyResult {
    const { decisions, findings, refused } = this.#decide(request);
    const known = this.#objects.all();
    const written = decisions.filter(({ action }) => action === 'created' || action === 'configured');
    // A text whose protection is broken is not taken in parts: what it protects would stand open.
    if (refused.length === 0 && !request.dryRun && written.length > 0) {
      const put = written.map(({ resource }) => ({ resource, findings: about(findings, refOf(resource)) }));
      this.#objects.write({ put, remove: [], author: authorOf(request) });
      this.#resources = undefined;
    }
    const items = decisions.map(({ action, resource }) => {
      const owner = known.get(refKey(refOf(resource)))?.resource.origin;
      const taken = refused.length > 0 && action !== 'refused' ? 'unchanged' : action;
      return { ref: refOf(resource), action: taken, ...(owner && { owner }) } as const;
    });
    return {
      revision: this.#objects.revision(),
      items: [...items, ...refused.map((ref) => ({ ref, action: 'refused' as const }))],
      findings,
    };
  }

  #decide(request: ApplyRequest): { decisions: readonly Decision[]; findings: readonly Finding[]; refused: readonly ObjectRef[] } {
    const { text, file, directory } = request;
    const written = { text, file, origin: { source: 'api' as const, directory }, created: this.#now() };
    const parsed = parse({ ...written, certificates: this.#certificates });
    const decisions = parsed.resources.map((resource) => this.#meanwhile(resource, request) ?? this.#decideOne(resource));
    const refused = parsed.findings.flatMap(({ refused: isRefused, resource }) =>
      isRefused && resource ? [[refKey(resource), resource] as const] : [],
    );
    return {
      decisions,
      refused: [...new Map(refused).values()],
      findings: [...parsed.findings, ...decisions.flatMap(({ finding }) => finding ?? [])],
    };
  }

  /** Refused, since somebody else wrote the object after it was read. */
  #meanwhile(resource: Resource, { read = [] }: ApplyRequest): Decision | undefined {
    const key = refKey(refOf(resource));
    const known = read.find(({ ref }) => refKey(ref) === key);
    const now = this.#objects.all().get(key)?.revision ?? 0;
    if (!known || now <= known.revision) return undefined;
    return { action: 'refused', resource, finding: changedMeanwhile(refOf(resource), { read: known.revision, now }) };
  }

  #decideOne(resource: Resource): Decision {
    const key = refKey(refOf(resource));
    const file = this.#fileOf(key);
    if (file) return { action: 'refused', resource, finding: ownedByFile(refOf(resource), file) };
    const stored = this.#objects.all().get(key)?.resource;
    if (!stored) return { action: 'created', resource };
    const aged = { ...resource, metadata: { ...resource.metadata, created: stored.metadata.created } };
    const same = stored.hash === resource.hash && JSON.stringify(stored.origin) === JSON.stringify(resource.origin);
    return { action: same ? 'unchanged' : 'configured', resource: aged };
  }

  /** The file that owns the object: it claims it, or the last good version came from it. Without a folder, files own nothing. */
  #fileOf(key: string): { readonly file: string; readonly line: number } | undefined {
    if (this.#folder === undefined) return undefined;
    const origin = this.#objects.all().get(key)?.resource.origin;
    if (origin?.source === 'api') return undefined;
    const claim = this.#claims.of(key);
    return claim ? { file: claim.file, line: claim.line ?? 1 } : origin;
  }

  remove(refs: readonly ObjectRef[], by?: AuditAuthor): ApplyResult {
    const { items, findings } = this.#removal(refs);
    const deleted = items.filter(({ action }) => action === 'deleted').map(({ ref }) => ref);
    if (deleted.length > 0) this.#write({ put: [], remove: deleted, author: authorOf({ by }) });
    return { revision: this.#objects.revision(), items, findings };
  }

  #removal(refs: readonly ObjectRef[]): Pick<ApplyResult, 'items' | 'findings'> {
    const findings: Finding[] = [];
    const items = refs.map((ref): { ref: ObjectRef; action: ApplyAction } => {
      const key = refKey(ref);
      const file = this.#fileOf(key);
      if (file) findings.push(ownedByFile(ref, file));
      else if (!this.#objects.all().has(key)) findings.push(noSuchObject(ref));
      else return { ref, action: 'deleted' };
      return { ref, action: file ? 'refused' : 'unchanged' };
    });
    return { items, findings };
  }

  undo(revision: WrittenRevision & { readonly changes: readonly Change[] }, { by, dryRun }: UndoOptions): Undone {
    const steps = undoSteps(revision, {
      now: (key) => this.#objects.all().get(key)?.resource,
      fileOf: (key) => this.#fileOf(key),
      hasFolder: this.#folder !== undefined,
    });
    const put = steps.flatMap(({ action, wanted }) =>
      wanted && (action === 'created' || action === 'configured') ? this.#judged(wanted) : [],
    );
    const remove = steps.filter(({ action }) => action === 'deleted').map(({ ref }) => ref);
    const findings = [...steps.flatMap(({ finding }) => finding ?? []), ...put.flatMap((one) => one.findings)];
    const isRefused = steps.some(({ action }) => action === 'refused') || findings.some(({ refused }) => refused);
    if (!isRefused && !dryRun) this.#write({ put, remove, author: { ...authorOf({ by }), undoes: revision.revision } });
    const items = steps.map(({ ref, action }) => ({ ref, action: isRefused && action !== 'refused' ? 'unchanged' : action }) as const);
    return { revision: this.#objects.revision(), items, findings, steps };
  }

  propose(asked: Proposed): Proposal {
    if (asked.kind === 'text') {
      const { items, findings } = this.apply({ ...asked.request, dryRun: true });
      const { decisions, refused } = this.#decide(asked.request);
      const put = refused.length > 0 ? [] : decisions.map(({ resource }) => ({ ref: refOf(resource), wanted: resource }));
      return { items, findings, refused: refused.length > 0, ...this.#with(put) };
    }
    if (asked.kind === 'undo') {
      const { items, findings, steps } = this.undo(asked.revision, { dryRun: true });
      const isRefused = findings.some(({ refused }) => refused);
      return {
        items,
        findings,
        refused: isRefused,
        ...this.#with(isRefused ? [] : steps.filter(({ finding, byHand }) => !finding || byHand)),
      };
    }
    const { items, findings } = this.#removal(asked.refs);
    return { items, findings, refused: false, ...this.#with(asked.refs.map((ref) => ({ ref }))) };
  }

  #with(steps: readonly { readonly ref: ObjectRef; readonly wanted?: Resource }[]): Pick<Proposal, 'resources' | 'changes'> {
    const next = new Map(this.resources().map((resource) => [refKey(refOf(resource)), resource]));
    const changes = steps.flatMap(({ ref, wanted }): Change[] => {
      const before = next.get(refKey(ref));
      if (wanted) next.set(refKey(ref), wanted);
      else next.delete(refKey(ref));
      return before?.hash === wanted?.hash ? [] : [{ ref, ...(before && { before }), ...(wanted && { after: wanted }) }];
    });
    return { resources: [...next].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, resource]) => resource), changes };
  }

  /** What is said of it today: what was taken once may be refused by now. */
  #judged(resource: Resource): { readonly resource: Resource; readonly findings: readonly Finding[] } {
    const { origin, metadata } = resource;
    const text = JSON.stringify(manifestOf(resource));
    const { findings } = parse({ text, file: '', origin, created: metadata.created, certificates: this.#certificates });
    return { resource, findings };
  }

  /** A file that claimed a deleted object all along takes it over. */
  #write(write: Write): void {
    this.#objects.write(write);
    this.#resources = undefined;
    for (const ref of write.remove) this.#unsettled.add(refKey(ref));
    this.settle();
  }

  resources(): readonly Resource[] {
    // In an order of their own: which file was read first, or whether weftd was restarted, decides nothing.
    this.#resources ??= [...this.#objects.all()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, { resource }]) => resource);
    return this.#resources;
  }

  preview(request: ApplyRequest): readonly Resource[] {
    const { decisions, refused } = this.#decide(request);
    if (refused.length > 0) return this.resources();
    const applied = new Map(this.resources().map((resource) => [refKey(refOf(resource)), resource]));
    for (const { action, resource } of decisions) if (action !== 'refused') applied.set(refKey(refOf(resource)), resource);
    return [...applied.values()];
  }

  findings(): readonly Finding[] {
    const ofApi = [...this.#objects.all().values()].flatMap(({ findings }) => findings);
    const ofFolder = this.#isEmpty && this.#folder !== undefined ? [folderIsEmpty(this.#folder, this.resources().length)] : [];
    return [...ofFolder, ...this.#claims.findings(), ...this.#conflicts.values(), ...ofApi];
  }

  isOutdated(ref: ObjectRef): boolean {
    const key = refKey(ref);
    const claim = this.#claims.of(key);
    return claim !== undefined && !claim.resource && this.#objects.all().get(key)?.resource.origin.source === 'file';
  }

  revision(): number {
    return this.#objects.revision();
  }
}

const authorOf = ({ by }: { readonly by?: AuditAuthor | undefined }): Author => ({ source: 'api', ...(by !== undefined && { by }) });

const about = (findings: readonly Finding[], ref: ObjectRef): readonly Finding[] =>
  findings.filter(({ resource }) => resource && refKey(resource) === refKey(ref));

export interface OwnershipInput {
  readonly objects: Objects;
  /** Absent: no files; then the API may write what files owned before. */
  readonly folder: string | undefined;
  readonly now: () => number;
  readonly certificates: CertificateReader;
}

export const ownership = (input: OwnershipInput): Ownership => new OwnedObjects(input);
