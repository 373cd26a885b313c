/** Live logs of a workload's instances. */
import type { PodReport } from '@weft/model';
import { useEffect, useMemo, useRef, useState } from 'react';
import { useMay } from '../api/session.ts';
import { Find } from '../kit/Find.tsx';
import { Panel } from '../kit/parts.tsx';
import { useWord } from '../kit/search.ts';
import { Empty } from '../kit/states.tsx';
import { useSetSearch } from '../shell/time.ts';
import { LogLevel } from './LogLevel.tsx';
import { type LogLine, type LogSource, useLogs } from './log-stream.ts';

/** @returns undefined where nothing is said, or it is no expression */
const patternOf = (text: string): RegExp | undefined => {
  if (text === '') return undefined;
  try {
    return new RegExp(text, 'i');
  } catch {
    return undefined;
  }
};

/** Drawn at once; the others are found by an expression. */
const drawn = 1_000;

const who = ['both', 'application', 'envoy'] as const;

/** A browser keeps six connections to one place; the page needs some itself. */
const sourcesAtMost = 4;

const sourcesOf = (pods: readonly PodReport[], by: string): readonly LogSource[] =>
  pods
    .flatMap(({ namespace, name: pod, proxy }): readonly LogSource[] => [
      ...(by !== 'envoy' && proxy !== 'gateway' ? [{ namespace, pod }] : []),
      ...(by !== 'application' && proxy !== 'none' ? [{ namespace, pod, container: 'envoy' as const }] : []),
    ])
    .slice(0, sourcesAtMost);

const Lines = ({
  lines,
  several,
  following,
}: {
  readonly lines: readonly LogLine[];
  readonly several: boolean;
  readonly following: boolean;
}) => {
  const end = useRef<HTMLDivElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: whenever there are other lines
  useEffect(() => {
    if (following && end.current) end.current.scrollTop = end.current.scrollHeight;
  }, [lines, following]);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is scrolled by keyboard, too
    <div className="log" ref={end} role="log" aria-label="Log lines" tabIndex={0}>
      {lines.map(({ id, by, pod, text }) => (
        <div key={id} data-by={by}>
          <span className="soft">
            {by}
            {several && ` ${pod}`}
          </span>{' '}
          {text}
        </div>
      ))}
    </div>
  );
};

const Shown = ({ pods }: { readonly pods: readonly PodReport[] }) => {
  const [by, pod, show, hide] = [useWord('by') || 'both', useWord('pod'), useWord('show'), useWord('hide')];
  const [paused, setPaused] = useState(false);
  const set = useSetSearch();
  const chosen = pod === '' ? pods : pods.filter(({ name }) => name === pod);
  const sources = sourcesOf(chosen, by);
  const [levelOf] = chosen.length === 1 ? chosen.filter(({ proxy }) => proxy !== 'none') : [];
  const key = sources.map((one) => `${one.pod} ${one.container ?? ''}`).join(',');
  const { lines, failures } = useLogs(sources, { key, paused });
  const [wanted, unwanted] = [patternOf(show), patternOf(hide)];
  const found = useMemo(
    () => lines.filter(({ text }) => (wanted?.test(text) ?? true) && !(unwanted?.test(text) ?? false)),
    [lines, wanted, unwanted],
  );
  const tools = (
    <>
      <label>
        Of{' '}
        <select value={by} onChange={({ target }) => set({ by: target.value })}>
          {who.map((one) => (
            <option key={one}>{one}</option>
          ))}
        </select>
      </label>
      <label>
        Instance{' '}
        <select value={pod} onChange={({ target }) => set({ pod: target.value || undefined })}>
          <option value="">all</option>
          {pods.map(({ name }) => (
            <option key={name}>{name}</option>
          ))}
        </select>
      </label>
      {levelOf && by !== 'application' && <LogLevel key={levelOf.uid} pod={levelOf} />}
      <Find word="show" name="Show" />
      <Find word="hide" name="Hide" />
      <button type="button" className="button" aria-pressed={paused} onClick={() => setPaused(!paused)}>
        {paused ? 'Follow' : 'Pause'}
      </button>
    </>
  );
  return (
    <Panel title="Logs" tools={tools}>
      {show !== '' && !wanted && <Empty>What is to be shown is no regular expression.</Empty>}
      {hide !== '' && !unwanted && <Empty>What is to be hidden is no regular expression.</Empty>}
      {failures.map((failure) => (
        <Empty key={failure}>{failure}</Empty>
      ))}
      <Lines lines={found.slice(-drawn)} several={chosen.length > 1} following={!paused} />
      <p className="soft">
        {found.length} of {lines.length} lines{paused && ', paused'}
        {sources.length === sourcesAtMost &&
          chosen.length > 2 &&
          `; of the first ${sourcesAtMost} sources: choose an instance to see others`}
      </p>
    </Panel>
  );
};

export const Logs = ({ pods }: { readonly pods: readonly PodReport[] }) => {
  const may = useMay('operator');
  if (!may) return <Empty>Logs may hold what is nobody’s business: an operator or administrator sees them.</Empty>;
  return pods.length === 0 ? <Empty>Nothing of it runs.</Empty> : <Shown pods={pods} />;
};
