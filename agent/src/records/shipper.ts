/**
 * Brings records from the spools to weftd: one request at a time, so that weftd sets the pace, and each spool has its turn. What weftd has is
 * removed; while it is away all is kept within bounds, and beyond them the oldest are given up and counted.
 */
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Delivery } from './delivery.ts';
import { countLines, readLines } from './lines.ts';
import type { RecordOwner } from './owner.ts';
import { type Piece, requestOf } from './request.ts';
import { leftSpools, type Segment, Spool } from './spool.ts';

export interface ShipperInput {
  readonly directory: string;
  readonly delivery: Pick<Delivery, 'send'>;
  /** Bytes of records that may wait, of all spools together. */
  readonly limit: number;
  readonly onTrouble: (message: string) => void;
  readonly everyMs?: number;
}

const usualMs = 250;
/** How often is looked how much waits: it grows by some megabytes in that time at most. */
const boundMs = 1_000;
const longestWaitMs = 2_000;
const pieceBytes = 256 * 1024;
const requestBytes = 768 * 1024;

interface Told {
  readonly lines: number;
  readonly bytes: number;
}

interface Load {
  readonly spool: Spool;
  /** Absent: what was never written to one. */
  readonly segment?: Segment;
  readonly piece: Piece;
}

/** What a proxy could not write. It is told as a file is whose lines are all dropped, and is nowhere but here: the disk has no room for it. */
interface Unwritten {
  readonly id: string;
  readonly lines: number;
  readonly told: number;
}

interface Position {
  readonly number: number;
  readonly offset: number;
}

const start: Position = { number: 0, offset: 0 };

const tellingOf = ({ owner }: Spool, { id, lines, told }: Unwritten): Piece => ({
  ...{ owner, spool: id, number: 1, from: told, to: lines },
  ...{ lines: [], damaged: 0, dropped: lines - told },
});

export class Shipper {
  readonly #input: ShipperInput;
  readonly #spools = new Map<string, Spool>();
  /** How far each spool was delivered. What an agent before this one delivered is sent again, and weftd knows it. */
  readonly #positions = new Map<Spool, Position>();
  readonly #unwritten = new Map<Spool, Unwritten>();
  /** Nothing more is added to them. */
  readonly #ended = new Set<Spool>();
  readonly #stopping = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #wake: (() => void) | undefined;
  #troubled = false;
  #stopWhenEmpty = false;
  #bounded = Number.NEGATIVE_INFINITY;

  constructor(input: ShipperInput) {
    this.#input = input;
    for (const spool of leftSpools(input.directory)) {
      this.#spools.set(spool.owner.uid, spool);
      this.#ended.add(spool);
    }
  }

  start(): void {
    this.#running = this.#run();
  }

  /** For a proxy that is about to start. */
  open(owner: RecordOwner): Spool {
    const known = this.#spools.get(owner.uid);
    const spool = known ?? Spool.create(join(this.#input.directory, owner.uid), owner);
    this.#spools.set(owner.uid, spool);
    this.#ended.delete(spool);
    return spool;
  }

  /** The proxy could not write so many records. */
  lost(spool: Spool, lines: number): void {
    const known = this.#unwritten.get(spool) ?? { id: randomUUID(), lines: 0, told: 0 };
    this.#unwritten.set(spool, { ...known, lines: known.lines + lines });
    this.#wake?.();
  }

  /** The proxy has ended for good: the spool goes when weftd has all of it. */
  end(spool: Spool): void {
    spool.begin();
    this.#ended.add(spool);
    this.#wake?.();
  }

  /** Resolves when nothing waits any more, or after some time. */
  async stop(limitMs: number): Promise<void> {
    const limit = setTimeout(() => this.#stopping.abort(), limitMs);
    const emptied = this.#running;
    this.#stopWhenEmpty = true;
    this.#wake?.();
    await emptied;
    clearTimeout(limit);
  }

  async #run(): Promise<void> {
    const { everyMs = usualMs } = this.#input;
    let wait = everyMs;
    while (!this.#stopping.signal.aborted) {
      const sent = await this.#round();
      wait = sent === 'failed' ? Math.min(longestWaitMs, wait * 2) : everyMs;
      if (sent === 'nothing' && this.#stopWhenEmpty) return;
      if (sent !== 'much' && !(sent === 'some' && this.#stopWhenEmpty)) await this.#pause(wait);
    }
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        clearTimeout(timer);
        this.#stopping.signal.removeEventListener('abort', wake);
        this.#wake = undefined;
        resolve();
      };
      const timer = setTimeout(wake, ms);
      this.#stopping.signal.addEventListener('abort', wake);
      this.#wake = wake;
    });
  }

  /** Where little came, more is waited for: each request has a price. */
  async #round(): Promise<'nothing' | 'some' | 'much' | 'failed'> {
    try {
      if (performance.now() - this.#bounded > boundMs) await this.#keepWithin();
      const loads = await this.#collect();
      if (loads.length === 0) return 'nothing';
      await this.#input.delivery.send(requestOf(loads.map(({ piece }) => piece)));
      for (const load of loads) this.#delivered(load);
      this.#troubled = false;
      return loads.some(({ piece: { from, to } }) => to - from > pieceBytes / 2) ? 'much' : 'some';
    } catch (error) {
      if (!this.#troubled) this.#input.onTrouble(`records wait for weftd: ${(error as Error).message}`);
      this.#troubled = true;
      return 'failed';
    }
  }

  /** The next of each spool; who was served is the last to be served again. */
  async #collect(): Promise<readonly Load[]> {
    const loads: Load[] = [];
    let bytes = 0;
    for (const [uid, spool] of [...this.#spools]) {
      if (bytes >= requestBytes) break;
      const load = await this.#next(spool);
      if (!load) continue;
      loads.push(load);
      bytes += load.piece.to - load.piece.from;
      this.#spools.delete(uid);
      this.#spools.set(uid, spool);
    }
    return loads;
  }

  async #next(spool: Spool): Promise<Load | undefined> {
    const unwritten = this.#unwritten.get(spool);
    if (unwritten && unwritten.lines > unwritten.told) return { spool, piece: tellingOf(spool, unwritten) };
    const [segment] = spool.segments();
    if (!segment) {
      this.#removeIfEnded(spool);
      return undefined;
    }
    const from = this.#positionIn(spool, segment);
    const piece = { owner: spool.owner, spool: spool.id, number: segment.number, from };
    if (segment.dropped) {
      const { lines, bytes } = JSON.parse(readFileSync(segment.path, 'utf8')) as Told;
      return { spool, segment, piece: { ...piece, to: bytes, lines: [], damaged: 0, dropped: lines } };
    }
    const { lines, to, damaged } = await readLines(segment, from, pieceBytes);
    if (to > from) return { spool, segment, piece: { ...piece, to, lines, damaged, dropped: 0 } };
    if (!segment.complete) return undefined;
    spool.finish(segment);
    return this.#next(spool);
  }

  /** How much of the file is delivered. */
  #positionIn(spool: Spool, segment: Segment): number {
    const { number, offset } = this.#positions.get(spool) ?? start;
    return number === segment.number ? offset : 0;
  }

  #delivered({ spool, segment, piece: { number, to } }: Load): void {
    if (!segment) {
      const unwritten = this.#unwritten.get(spool);
      if (unwritten) this.#unwritten.set(spool, { ...unwritten, told: to });
      return;
    }
    this.#positions.set(spool, { number, offset: to });
    if (segment.dropped) spool.finish(segment);
  }

  #removeIfEnded(spool: Spool): void {
    if (!this.#ended.has(spool)) return;
    this.#spools.delete(spool.owner.uid);
    this.#positions.delete(spool);
    this.#unwritten.delete(spool);
    this.#ended.delete(spool);
    spool.remove();
  }

  /** Whole files only, and never one that is written to: those are bounded by themselves. */
  async #keepWithin(): Promise<void> {
    this.#bounded = performance.now();
    const kept = [...this.#spools.values()].flatMap((spool) =>
      spool.segments().flatMap((segment) => (segment.dropped ? [] : [{ spool, segment }])),
    );
    let over = kept.reduce((sum, { segment }) => sum + segment.size, 0) - this.#input.limit;
    const oldest = kept.filter(({ segment }) => segment.complete).sort((a, b) => a.segment.modified - b.segment.modified);
    for (const { spool, segment } of oldest) {
      if (over <= 0) return;
      const told: Told = { lines: await countLines(segment.path, this.#positionIn(spool, segment)), bytes: segment.size };
      spool.drop(segment, JSON.stringify(told));
      over -= segment.size;
    }
  }
}
