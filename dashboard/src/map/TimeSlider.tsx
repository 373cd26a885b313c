/** Moves the map through the past that is kept, with figures and configuration: all of the console shows the moment that is chosen. */
import { Link } from '@tanstack/react-router';
import type { MeshChange } from '@weft/model';
import { ChevronLeft, ChevronRight, Pause, Play, SkipBack, SkipForward } from 'lucide-react';
import { type ReactNode, useEffect, useState } from 'react';
import { useNews } from '../api/stream.ts';
import { ChangeList } from '../changes/ChangeList.tsx';
import { useChanges } from '../changes/changes.ts';
import { moment } from '../kit/words.ts';
import { useSetSearch, useShared, useSpan } from '../shell/time.ts';
import { changeBeside, minute, type Reach, reaches, reachFor, reachNames, wholeMinute } from './moments.ts';

export interface TimeSliderProps {
  /** Unix milliseconds of the oldest minute that is kept. */
  readonly since: number | undefined;
  /** Of the configuration, in force at the end of what is shown. */
  readonly revision: number | undefined;
  readonly reach: Reach;
}

const noChanges: readonly MeshChange[] = [];
/** While somebody drags, the map follows when he rests. */
const restMs = 150;
/** A step of playing takes as long as one sees what it changed. */
const playMs = 1_200;
const stepsOfPlaying = 60;

const Step = ({
  name,
  onStep,
  children,
}: {
  readonly name: string;
  readonly onStep: (() => void) | undefined;
  readonly children: ReactNode;
}) => (
  <button type="button" className="button plain" aria-label={name} title={name} disabled={!onStep} onClick={onStep}>
    {children}
  </button>
);

/** Where something changed. Told in words by the list below, so that it is for eyes only. */
const Ticks = ({ changes, begin, end }: { readonly changes: readonly MeshChange[]; readonly begin: number; readonly end: number }) => (
  <div className="map-ticks" aria-hidden="true">
    {changes
      .filter(({ at }) => at >= begin && at <= end)
      .map(({ at, kind, words }) => (
        <span
          key={`${at} ${words}`}
          data-kind={kind}
          title={`${moment(at)} ${words}`}
          style={{ left: `${((at - begin) / (end - begin)) * 100}%` }}
        />
      ))}
  </div>
);

/** Goes on by itself until it is now. */
const usePlaying = (at: number | undefined, now: number, { step, go }: { readonly step: number; readonly go: (to: number) => void }) => {
  const [isPlaying, setPlaying] = useState(false);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a step begins with the moment that is shown, not with each look
  useEffect(() => {
    if (!isPlaying) return;
    const timer = setTimeout(() => (at === undefined ? setPlaying(false) : go(Math.min(now, at + step))), playMs);
    return () => clearTimeout(timer);
  }, [isPlaying, at]);
  return { isPlaying, setPlaying };
};

/** What is dragged is seen at once, and shown when it rests. */
const useDragged = (value: number, go: (to: number) => void): readonly [number, (to: number) => void] => {
  const [dragged, setDragged] = useState<number>();
  // biome-ignore lint/correctness/useExhaustiveDependencies: it rests when it is not dragged on, whatever else happens
  useEffect(() => {
    if (dragged === undefined) return;
    const timer = setTimeout(() => {
      go(dragged);
      setDragged(undefined);
    }, restMs);
    return () => clearTimeout(timer);
  }, [dragged]);
  return [dragged ?? value, setDragged];
};

const Shown = ({ at, revision }: { readonly at: number | undefined; readonly revision: number | undefined }) => (
  <output className="map-moment">
    {at === undefined ? 'Now' : `As of ${moment(at)}`}
    {revision !== undefined && (
      <>
        , configuration{' '}
        <Link to={`/history/${revision}` as never} search={((before: object) => before) as never}>
          revision {revision}
        </Link>
      </>
    )}
  </output>
);

export const TimeSlider = ({ since, revision, reach: chosen }: TimeSliderProps) => {
  const { at } = useShared();
  const { from, to } = useSpan();
  const set = useSetSearch();
  const now = useNews(minute);
  const reach = reachFor(chosen, at, now);
  const begin = wholeMinute(Math.max(now - reaches[reach], Math.min(since ?? now, now - minute)));
  const changes = useChanges({ from: begin, to: now }).data?.items ?? noChanges;
  const go = (to: number): void => set({ at: to >= now ? undefined : to, from: undefined, to: undefined });
  const [shown, drag] = useDragged(Math.max(begin, at ?? now), go);
  const step = Math.max(minute, wholeMinute((now - begin) / stepsOfPlaying));
  const { isPlaying, setPlaying } = usePlaying(at, now, { step, go });
  const play = (): void => {
    if (!isPlaying && at === undefined) go(begin);
    setPlaying(!isPlaying);
  };
  const [before, after] = [changeBeside(changes, shown, -1), changeBeside(changes, shown, 1)];
  const goTo = (to: number | undefined) => (to === undefined ? undefined : () => go(to));
  return (
    <section className="map-time" aria-label="Time">
      <div className="row">
        <Shown at={at} revision={revision} />
        <div className="tools">
          <Step name="The change before" onStep={goTo(before)}>
            <SkipBack size={16} aria-hidden="true" />
          </Step>
          <Step name="A minute back" onStep={goTo(shown > begin ? shown - minute : undefined)}>
            <ChevronLeft size={16} aria-hidden="true" />
          </Step>
          <Step name={isPlaying ? 'Pause' : 'Play'} onStep={play}>
            {isPlaying ? <Pause size={16} aria-hidden="true" /> : <Play size={16} aria-hidden="true" />}
          </Step>
          <Step name="A minute on" onStep={goTo(at !== undefined ? shown + minute : undefined)}>
            <ChevronRight size={16} aria-hidden="true" />
          </Step>
          <Step name="The change after" onStep={goTo(at !== undefined ? after : undefined)}>
            <SkipForward size={16} aria-hidden="true" />
          </Step>
          <button type="button" className="button" disabled={at === undefined} onClick={() => go(now)}>
            Back to now
          </button>
        </div>
        <label className="map-choice">
          Slider reaches back{' '}
          <select value={reach} onChange={({ target }) => set({ reach: target.value })}>
            {reachNames.map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
      </div>
      <div className="map-track">
        <Ticks changes={changes} begin={begin} end={now} />
        <input
          type="range"
          aria-label="Moment that is shown"
          aria-valuetext={shown >= now ? 'now' : moment(shown)}
          min={begin}
          max={now}
          step={minute}
          value={shown}
          onChange={({ target }) => drag(Number(target.value))}
        />
        <div className="row spread soft map-ends">
          <span>{moment(begin)}</span>
          <span>now</span>
        </div>
      </div>
      <details className="equivalent">
        <summary>What changed in the time that is shown</summary>
        <ChangeList around={{ from, to }} shown={20} />
      </details>
    </section>
  );
};
