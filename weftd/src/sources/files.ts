/**
 * Watches a folder of manifests and hands over what changed, file by file.
 *
 * Change notices only say where to look: whether a file changed is decided by its signature on disk, so that notices
 * may be late, doubled or missing. Files that are gone are handed over only after nothing more vanished for a while:
 * an emptied or unmounted folder must not delete the mesh file by file.
 */
import { dirname, join } from 'node:path';
import { type FSWatcher, watch } from 'chokidar';
import { type FileText, isClosed, listManifests, readManifest, type Signature, signatureOf } from './folder.ts';
import { isManifest, isSkippedFolder } from './manifest-names.ts';

/** By path; `gone`: the file was deleted and others remain. */
export type FileChanges = ReadonlyMap<string, FileText | { readonly kind: 'gone' }>;

export interface FileSource {
  /** Looks at the whole folder now; what was written before the call has been handed over when this resolves. */
  settle(): Promise<void>;
  /** There are no manifests (any more), and the ones handed over before stay in force. */
  isEmpty(): boolean;
  close(): Promise<void>;
}

export interface FileSourceInput {
  readonly folder: string;
  readonly onChange: (changes: FileChanges) => void;
  /** The folder became empty or came back. */
  readonly onEmpty: (empty: boolean) => void;
  readonly onError: (error: unknown) => void;
}

/** Quiet time after a notice: an editor's several writes are one change. */
const quietMs = 20;
/** A file that is written all the time is still looked at this often. */
const longestMs = 100;
/** Quiet time before deletions are believed. */
const goneQuietMs = 150;
/** How often an empty folder, or one that cannot be watched, is looked at. */
const pollMs = 1000;

export class WatchedFolder implements FileSource {
  readonly #input: FileSourceInput;
  readonly #known = new Map<string, Signature>();
  readonly #noticed = new Set<string>();
  readonly #missing = new Set<string>();
  #watcher: FSWatcher | undefined;
  #soon: NodeJS.Timeout | undefined;
  #firstNotice = 0;
  #goneTimer: NodeJS.Timeout | undefined;
  #poll: NodeJS.Timeout | undefined;
  #empty = false;
  #whenSettled: (() => void)[] = [];

  constructor(input: FileSourceInput) {
    this.#input = input;
  }

  /** Hands over everything that is there, then watches. */
  start(): this {
    this.#lookAround();
    this.#watch();
    return this;
  }

  settle(): Promise<void> {
    this.#lookAround();
    if (this.#missing.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#whenSettled.push(resolve));
  }

  isEmpty(): boolean {
    return this.#empty;
  }

  async close(): Promise<void> {
    clearTimeout(this.#soon);
    clearTimeout(this.#goneTimer);
    clearInterval(this.#poll);
    this.#release();
    await this.#watcher?.close();
  }

  #watch(): void {
    const { folder, onError } = this.#input;
    const ignored = (path: string): boolean => path !== folder && isSkippedFolder(path.slice(dirname(path).length + 1));
    this.#watcher = watch(folder, { ignored, ignoreInitial: true, atomic: false });
    this.#watcher.on('all', (_event, path) => this.#notice([path]));
    // Raw notices come at once; chokidar's own events about one folder are throttled by up to a second.
    this.#watcher.on('raw', (_event, name, details) => {
      const at = (details as { readonly watchedPath?: string }).watchedPath;
      this.#notice(at === undefined ? [name] : [at, join(at, name), join(dirname(at), name)]);
    });
    // What was written between our listing and the watcher's readiness.
    this.#watcher.on('ready', () => this.#lookAround());
    this.#watcher.on('error', (error) => {
      onError(error);
      this.#pollFromNowOn();
    });
  }

  #notice(paths: readonly string[]): void {
    const manifests = paths.filter(isManifest);
    if (manifests.length === 0) return;
    for (const path of manifests) this.#noticed.add(path);
    const now = performance.now();
    if (!this.#soon) this.#firstNotice = now;
    clearTimeout(this.#soon);
    const left = Math.max(0, Math.min(quietMs, this.#firstNotice + longestMs - now));
    this.#soon = setTimeout(() => {
      this.#soon = undefined;
      const noticed = [...this.#noticed];
      this.#noticed.clear();
      this.#lookAt(noticed);
      this.#judgeEmptiness();
    }, left);
  }

  #lookAround(): void {
    const there = listManifests(this.#input.folder);
    this.#lookAt(new Set([...there.keys(), ...this.#known.keys()]));
    this.#judgeEmptiness();
  }

  #lookAt(paths: Iterable<string>): void {
    const changes = new Map<string, FileText>();
    for (const path of paths) {
      const signature = signatureOf(path);
      if (signature === undefined) {
        if (this.#known.has(path)) this.#miss(path);
        continue;
      }
      this.#missing.delete(path);
      if (this.#known.get(path) === signature) continue;
      changes.set(path, readManifest(path));
      this.#known.set(path, signature);
    }
    if (changes.size > 0) this.#input.onChange(changes);
    if (this.#missing.size === 0) this.#release();
  }

  #miss(path: string): void {
    if (this.#missing.has(path)) return;
    this.#missing.add(path);
    clearTimeout(this.#goneTimer);
    this.#goneTimer = setTimeout(() => this.#believe(), goneQuietMs);
  }

  #believe(): void {
    const there = listManifests(this.#input.folder);
    for (const path of this.#known.keys()) if (!there.has(path)) this.#missing.add(path);
    const gone = [...this.#missing].filter((path) => !there.has(path) && !isClosed(path));
    this.#missing.clear();
    if (there.size > 0) {
      for (const path of gone) this.#known.delete(path);
      if (gone.length > 0) this.#input.onChange(new Map(gone.map((path) => [path, { kind: 'gone' }])));
    }
    this.#judgeEmptiness();
    this.#release();
  }

  #judgeEmptiness(): void {
    const empty = [...this.#known.keys()].every((path) => this.#missing.has(path) || signatureOf(path) === undefined);
    if (empty === this.#empty || this.#missing.size > 0) return;
    this.#empty = empty;
    this.#input.onEmpty(empty);
    if (empty) this.#pollFromNowOn();
    else this.#watchAnew();
  }

  /** A folder that was replaced as a whole took its watches with it. */
  #watchAnew(): void {
    clearInterval(this.#poll);
    this.#poll = undefined;
    const old = this.#watcher;
    if (!old) return;
    this.#watch();
    old.close().catch(this.#input.onError);
  }

  #pollFromNowOn(): void {
    this.#poll ??= setInterval(() => this.#lookAround(), pollMs);
  }

  #release(): void {
    for (const resolve of this.#whenSettled.splice(0)) resolve();
  }
}

export const watchFolder = (input: FileSourceInput): FileSource => new WatchedFolder(input).start();
