/**
 * Changes of mutual TLS on running workloads, in steps that lose no request: servers take both ways, then their callers change, then
 * servers take the new way alone. Each step waits until all proxies have acknowledged the one before, but for nobody longer than
 * `stepMs`: then the step is taken without them, so that what shall be refused is refused in the end.
 *
 * Workloads go together. Where clients dial endpoints themselves, mesh TLS is used only if all endpoints take it [S95]: one that was
 * ahead of the others would refuse what they are still called with.
 */
import type { PeerModes, PeerStage } from '@weft/compile';
import { advanced, type Callers, settledCallers, stageOf, uncertainCallers } from './callers.ts';

export interface Wanted {
  readonly uid: string;
  readonly modes: PeerModes;
}

export interface ModeChanges {
  /** Who runs, and in which modes. @returns whether some stage is another one than before. */
  take(wanted: readonly Wanted[]): boolean;
  /** On the way to these modes, the same object until the stage changes; undefined: they are in force, or are not where it goes. */
  stage(wanted: Wanted): PeerStage | undefined;
  /** Of the changes under way, the time (of `now`) at which the first stops waiting; undefined: there are none. */
  deadline(): number | undefined;
  /** @param applied every proxy has the stages; otherwise only those go on whose time is over. @returns whether some stage changed */
  advance(applied: boolean): boolean;
  /** To be written down before anybody is told of the stages. */
  callers(): ReadonlyMap<string, Callers>;
}

interface Known {
  readonly modes: PeerModes;
  readonly callers: Callers;
  readonly stage: PeerStage | undefined;
  readonly since: number;
}

export interface ModeChangesInput {
  /** As they were written down. After a restart nobody is known to have what was told last: the wait begins anew. */
  readonly callers: ReadonlyMap<string, Callers>;
  readonly stepMs: number;
  readonly now: () => number;
}

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

export const modeChanges = ({ callers: written, stepMs, now }: ModeChangesInput): ModeChanges => {
  let known = new Map<string, Known>();
  let all: ReadonlyMap<string, Callers> = written;

  const next = (modes: PeerModes, callers: Callers, before: Known | undefined): Known => {
    const stage = stageOf(callers, modes);
    if (before && same(stage, before.stage) && same(callers, before.callers)) return { ...before, modes };
    const settled = settledCallers(modes);
    return { modes, callers: stage || same(callers, settled) ? callers : settled, stage, since: now() };
  };

  /** @returns whether some stage changed */
  const replace = (entries: readonly (readonly [string, Known])[]): boolean => {
    const before = known;
    known = new Map(entries);
    const changed = entries.some(([uid, { callers }]) => callers !== all.get(uid)) || entries.length !== all.size;
    if (changed) all = new Map(entries.map(([uid, { callers }]) => [uid, callers]));
    return entries.some(([uid, { stage }]) => stage !== before.get(uid)?.stage);
  };

  const taken = ({ uid, modes }: Wanted, firstCallers: (modes: PeerModes) => Callers): readonly [string, Known] => {
    const before = known.get(uid);
    if (before && same(before.modes, modes)) return [uid, before];
    return [uid, next(modes, before?.callers ?? all.get(uid) ?? firstCallers(modes), before)];
  };

  return {
    take: (wanted) => {
      const [earlier, first] = [wanted.filter(({ uid }) => all.has(uid)), wanted.filter(({ uid }) => !all.has(uid))];
      const running = earlier.map((one) => taken(one, settledCallers));
      const firstCallers = running.some(([, { stage }]) => stage) ? uncertainCallers : settledCallers;
      return replace([...running, ...first.map((one) => taken(one, firstCallers))]);
    },
    stage: ({ uid, modes }) => {
      const one = known.get(uid);
      return one?.stage && same(one.modes, modes) ? one.stage : undefined;
    },
    deadline: () => {
      const starts = [...known.values()].flatMap(({ stage, since }) => (stage ? [since] : []));
      return starts.length === 0 ? undefined : Math.min(...starts) + stepMs;
    },
    advance: (applied) => {
      const time = now();
      return replace(
        [...known].map(([uid, one]) => {
          if (!one.stage || !(applied || one.since + stepMs <= time)) return [uid, one] as const;
          return [uid, next(one.modes, advanced(one.callers, one.modes), one)] as const;
        }),
      );
    },
    callers: () => all,
  };
};
