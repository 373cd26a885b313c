/** A chart of time series: drawn by uPlot, told in words, readable as a table, exported as PNG, with what changed marked on it. */
import 'uplot/dist/uPlot.min.css';
import { type ReactNode, useEffect, useMemo, useRef, useState } from 'react';
import uPlot from 'uplot';
import { useTheme } from '../shell/theme.ts';
import { save } from './parts.tsx';
import { Table } from './Table.tsx';
import { moment } from './words.ts';

export interface Series {
  readonly name: string;
  /** One for each time; undefined: a gap. */
  readonly values: readonly (number | undefined)[];
  /** Where a colour means something: what failed is red on every page. */
  readonly tone?: 'good' | 'warn' | 'bad';
}

/** Something that happened: a revision, a rollout, an alert. */
export interface Marker {
  /** Unix milliseconds. */
  readonly at: number;
  readonly words: string;
}

export interface ChartProps {
  readonly name: string;
  /** Unix milliseconds, ascending. */
  readonly times: readonly number[];
  readonly series: readonly Series[];
  /** Of a value, in words: with its unit. */
  readonly words: (value: number | undefined) => string;
  readonly markers?: readonly Marker[];
  /** A span was selected by dragging: Unix milliseconds. */
  readonly onSelect?: (from: number, to: number) => void;
  readonly height?: number;
  /** Beside the chart's buttons. */
  readonly tools?: ReactNode;
}

const token = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** What a screen reader is told in place of the picture. */
const summary = ({ name, times, series, words, markers = [] }: ChartProps): string => {
  const span = times.length > 0 ? ` from ${moment(times[0] ?? 0)} to ${moment(times.at(-1) ?? 0)}` : '';
  const each = series.map(({ name: one, values }) => {
    const known = values.filter((value) => value !== undefined);
    if (known.length === 0) return `${one}: nothing`;
    return `${one}: last ${words(known.at(-1))}, at most ${words(known.reduce((a, b) => Math.max(a, b)))}`;
  });
  return `${name}${span}. ${each.join('; ')}.${markers.length > 0 ? ` ${markers.length} changes.` : ''}`;
};

const drawMarkers = (plot: uPlot, markers: readonly Marker[]): void => {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.strokeStyle = token('--info');
  ctx.fillStyle = token('--info');
  ctx.setLineDash([4, 4]);
  for (const { at } of markers) {
    const x = plot.valToPos(at / 1_000, 'x', true);
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
    ctx.beginPath();
    ctx.arc(x, bbox.top, 4, 0, 2 * Math.PI);
    ctx.fill();
  }
  ctx.restore();
};

export const colourOf = (index: number, tone?: Series['tone']): string => (tone ? `--${tone}` : `--series-${(index % 8) + 1}`);

/** Of an axis of time: hours and minutes, seconds where they tell ticks apart, the day where it changes. */
const clock = (_: uPlot, seconds: number[]): string[] => {
  const isFine = seconds.some((time) => time % 60 !== 0);
  const dayOf = (time: number | undefined) => (time === undefined ? '' : new Date(time * 1_000).toDateString());
  return seconds.map((time, index) => {
    const date = new Date(time * 1_000);
    const options: Intl.DateTimeFormatOptions = { hour: '2-digit', minute: '2-digit', ...(isFine && { second: '2-digit' }), hour12: false };
    const told = date.toLocaleTimeString([], options);
    const isNewDay = index > 0 && dayOf(seconds[index - 1]) !== dayOf(time);
    return isNewDay ? `${date.toLocaleDateString([], { month: 'short', day: 'numeric' })}\n${told}` : told;
  });
};

const optionsOf = ({ series, words, markers = [], onSelect, height = 180 }: ChartProps, width: number): uPlot.Options => {
  const axis = { stroke: token('--text-soft'), grid: { stroke: token('--line') }, ticks: { stroke: token('--line') } };
  return {
    width,
    height,
    legend: { show: false },
    cursor: { drag: { x: onSelect !== undefined, y: false, setScale: false } },
    axes: [
      { ...axis, values: clock },
      { ...axis, size: 70, values: (_, values) => values.map((value) => words(value)) },
    ],
    scales: { y: { range: (_, __, max) => [0, max > 0 ? max * 1.05 : 1] } },
    series: [
      {},
      ...series.map(({ name, tone }, index) => ({ label: name, stroke: token(colourOf(index, tone)), width: 1.5, spanGaps: false })),
    ],
    hooks: {
      draw: [(plot) => drawMarkers(plot, markers)],
      setSelect: [
        (plot) => {
          const { left, width: wide } = plot.select;
          if (wide < 4) return;
          onSelect?.(Math.round(plot.posToVal(left, 'x') * 1_000), Math.round(plot.posToVal(left + wide, 'x') * 1_000));
          plot.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false);
        },
      ],
    },
  };
};

const exportPng = (canvas: HTMLCanvasElement | null | undefined, name: string): void => {
  canvas?.toBlob((blob) => blob && save(`${name.toLowerCase().replace(/[^a-z0-9]+/g, '-')}.png`, blob));
};

const Legend = ({ series }: Pick<ChartProps, 'series'>) => (
  <ul className="legend">
    {series.map(({ name, tone }, index) => (
      <li key={name}>
        <span className="swatch" style={{ background: `var(${colourOf(index, tone)})` }} aria-hidden="true" />
        {name}
      </li>
    ))}
  </ul>
);

const Twin = ({ name, times, series, words }: ChartProps) => {
  const columns = [
    { id: 'time', name: 'Time', value: (index: number) => times[index], cell: (index: number) => moment(times[index] ?? 0) },
    ...series.map(({ name: one, values }, at) => ({
      id: `s${at}`,
      name: one,
      number: true,
      value: (index: number) => values[index],
      cell: (index: number) => words(values[index]),
    })),
  ];
  return <Table name={name} rows={times.map((_, index) => index)} columns={columns} keyOf={String} sort="-time" />;
};

export const Chart = (props: ChartProps) => {
  const { name, times, series, markers = [], tools } = props;
  const place = useRef<HTMLDivElement>(null);
  const [asTable, setAsTable] = useState(false);
  const theme = useTheme();
  const data = useMemo(
    () => [times.map((time) => time / 1_000), ...series.map(({ values }) => values.map((value) => value ?? null))] as uPlot.AlignedData,
    [times, series],
  );
  // biome-ignore lint/correctness/useExhaustiveDependencies: colours are read when it is drawn, so another theme draws it again
  useEffect(() => {
    const parent = place.current;
    if (!parent || asTable) return;
    const plot = new uPlot(optionsOf(props, parent.clientWidth || 400), data, parent);
    const watch = new ResizeObserver(() => plot.setSize({ width: parent.clientWidth, height: props.height ?? 180 }));
    watch.observe(parent);
    return () => {
      watch.disconnect();
      plot.destroy();
    };
  }, [data, asTable, theme, markers]);
  return (
    <div className="stack">
      {asTable ? <Twin {...props} /> : <div ref={place} className="chart-canvas" role="img" aria-label={summary(props)} />}
      <div className="row spread">
        <Legend series={series} />
        <div className="tools">
          {tools}
          <button type="button" className="button plain" aria-pressed={asTable} onClick={() => setAsTable(!asTable)}>
            {asTable ? 'As chart' : 'As table'}
          </button>
          {!asTable && (
            <button type="button" className="button plain" onClick={() => exportPng(place.current?.querySelector('canvas'), name)}>
              PNG
            </button>
          )}
        </div>
      </div>
      {markers.length > 0 && (
        <details className="equivalent">
          <summary>{markers.length} changes in this time</summary>
          <ul>
            {markers.map(({ at, words: told }) => (
              <li key={`${at} ${told}`}>
                <time dateTime={new Date(at).toISOString()}>{moment(at)}</time> {told}
              </li>
            ))}
          </ul>
        </details>
      )}
    </div>
  );
};
