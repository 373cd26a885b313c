/** When traces began and how long they took; those that failed stand out by form and colour. The list below it is its table. */
import 'uplot/dist/uPlot.min.css';
import { useNavigate } from '@tanstack/react-router';
import type { TraceSummary } from '@weft/model';
import { useEffect, useMemo, useRef } from 'react';
import uPlot from 'uplot';
import { save } from '../kit/parts.tsx';
import { duration } from '../kit/words.ts';
import { useTheme } from '../shell/theme.ts';

const token = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

const height = 220;

/** What failed is a filled, larger point. */
const pointsOf = (label: string, colour: string, isFilled: boolean): uPlot.Series => ({
  label,
  stroke: colour,
  paths: () => null,
  points: { show: true, size: isFilled ? 8 : 6, width: 1.5, stroke: colour, fill: isFilled ? colour : 'transparent' },
});

interface Drawn {
  readonly onSelect: (from: number, to: number) => void;
  readonly onPick: (index: number) => void;
}

const optionsOf = ({ onSelect, onPick }: Drawn, width: number): uPlot.Options => {
  const axis = { stroke: token('--text-soft'), grid: { stroke: token('--line') }, ticks: { stroke: token('--line') } };
  return {
    width,
    height,
    legend: { show: false },
    cursor: { drag: { x: true, y: false, setScale: false } },
    axes: [axis, { ...axis, size: 70, values: (_, values) => values.map((value) => duration(value)) }],
    scales: { y: { range: (_, __, max) => [0, max > 0 ? max * 1.1 : 1] } },
    series: [{}, pointsOf('went well', token('--series-1'), false), pointsOf('failed', token('--bad'), true)],
    hooks: {
      ready: [
        (plot) =>
          plot.over.addEventListener('click', () => {
            const { idx } = plot.cursor;
            if (typeof idx === 'number' && plot.select.width < 4) onPick(idx);
          }),
      ],
      setSelect: [
        (plot) => {
          const { left, width: wide } = plot.select;
          if (wide >= 4) onSelect(Math.round(plot.posToVal(left, 'x') * 1_000), Math.round(plot.posToVal(left + wide, 'x') * 1_000));
        },
      ],
    },
  };
};

export interface ScatterProps {
  readonly traces: readonly TraceSummary[];
  readonly onSelect: (from: number, to: number) => void;
}

export const Scatter = ({ traces, onSelect }: ScatterProps) => {
  const place = useRef<HTMLDivElement>(null);
  const theme = useTheme();
  const navigate = useNavigate();
  const sorted = useMemo(() => traces.toSorted((a, b) => a.at - b.at), [traces]);
  const data = useMemo((): uPlot.AlignedData => {
    const values = (isFailed: boolean) => sorted.map(({ failed, duration: took }) => (failed > 0 === isFailed ? took : null));
    return [sorted.map(({ at }) => at / 1_000), values(false), values(true)];
  }, [sorted]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: colours are read when it is drawn, so another theme draws it again
  useEffect(() => {
    const parent = place.current;
    if (!parent) return;
    const onPick = (index: number): void => {
      const { id } = sorted[index] ?? {};
      if (id) void navigate({ to: `/traces/${id}`, search: (before: Record<string, unknown>) => before } as never);
    };
    const plot = new uPlot(optionsOf({ onSelect, onPick }, parent.clientWidth || 400), data, parent);
    const watch = new ResizeObserver(() => plot.setSize({ width: parent.clientWidth, height }));
    watch.observe(parent);
    return () => {
      watch.disconnect();
      plot.destroy();
    };
  }, [data, theme]);
  const failed = traces.filter((trace) => trace.failed > 0).length;
  const slowest = duration(Math.max(0, ...traces.map((trace) => trace.duration)));
  const png = (): void =>
    place.current?.querySelector('canvas')?.toBlob((blob) => {
      if (blob) save('durations-of-traces.png', blob);
    });
  return (
    <div className="stack">
      <div
        ref={place}
        className="chart-canvas"
        role="img"
        aria-label={`Durations of ${traces.length} traces over time: the slowest took ${slowest}, ${failed} failed`}
      />
      <div className="row spread">
        <span className="soft">Hollow: went well. Filled: failed. Click one to open it, drag to look closer.</span>
        <button type="button" className="button plain" onClick={png}>
          PNG
        </button>
      </div>
    </div>
  );
};
