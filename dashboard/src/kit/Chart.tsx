/** A chart of time series: drawn by uPlot, told in words, readable as a table, exported as PNG, with what changed marked on it. */
import 'uplot/dist/uPlot.min.css';
import { useNavigate } from '@tanstack/react-router';
import { type ReactNode, useEffect, useMemo, useRef, useState } from 'react';
import uPlot from 'uplot';
import { useTheme } from '../shell/theme.ts';
import { save } from './parts.tsx';
import { colourOf, type Drawing, type Marker, optionsOf, type Point, pictureOf, type Series } from './plot.ts';
import { Table } from './Table.tsx';
import { moment } from './words.ts';

export type { Marker, Point, Series } from './plot.ts';

export interface ChartProps extends Pick<Drawing, 'series' | 'words' | 'onSelect' | 'onMoment'> {
  readonly name: string;
  /** Unix milliseconds, ascending. */
  readonly times: readonly number[];
  readonly markers?: readonly Marker[];
  readonly points?: readonly Point[];
  readonly height?: number;
  /** Beside the chart's buttons. */
  readonly tools?: ReactNode;
}

const noMarkers: readonly Marker[] = [];
const noPoints: readonly Point[] = [];
const usualHeight = 180;

/** What a screen reader is told in place of the picture. */
const summary = ({ name, times, series, words, markers = [], points = [] }: ChartProps): string => {
  const span = times.length > 0 ? ` from ${moment(times[0] ?? 0)} to ${moment(times.at(-1) ?? 0)}` : '';
  const each = series.map(({ name: one, values }) => {
    const known = values.filter((value) => value !== undefined);
    if (known.length === 0) return `${one}: nothing`;
    return `${one}: last ${words(known.at(-1))}, at most ${words(known.reduce((a, b) => Math.max(a, b)))}`;
  });
  const more = [markers.length > 0 && `${markers.length} changes`, points.length > 0 && `${points.length} traces`].filter(Boolean);
  return `${name}${span}. ${[...each, ...more].join('; ')}.`;
};

const exportPng = (canvas: HTMLCanvasElement | null | undefined, name: string, series: readonly Series[]): void => {
  if (!canvas) return;
  pictureOf(canvas, name, series).toBlob((blob) => blob && save(`${name.toLowerCase().replace(/[^a-z0-9]+/g, '-')}.png`, blob));
};

/** With the values of the moment that the pointer is at, or the last ones. */
const Legend = ({ times, series, words, at }: ChartProps & { readonly at: number | undefined }) => (
  <ul className="legend">
    {series.map((one, index) => (
      <li key={one.name}>
        <span className="swatch" style={{ background: `var(${colourOf(one, index)})` }} aria-hidden="true" />
        {one.name}{' '}
        <span className="mono">{words(at === undefined ? one.values.findLast((value) => value !== undefined) : one.values[at])}</span>
      </li>
    ))}
    {at !== undefined && <li className="soft">{moment(times[at] ?? 0)}</li>}
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

const Happened = ({ markers, points }: { readonly markers: readonly Marker[]; readonly points: readonly Point[] }) => (
  <>
    {markers.length > 0 && (
      <details className="equivalent">
        <summary>{markers.length} changes in this time</summary>
        <ul>
          {markers.map(({ at, words }) => (
            <li key={`${at} ${words}`}>
              <time dateTime={new Date(at).toISOString()}>{moment(at)}</time> {words}
            </li>
          ))}
        </ul>
      </details>
    )}
    {points.length > 0 && (
      <details className="equivalent">
        <summary>{points.length} traced requests</summary>
        <ul>
          {points.map(({ at, words, href }) => (
            <li key={href}>
              <time dateTime={new Date(at).toISOString()}>{moment(at)}</time> <a href={href}>{words}</a>
            </li>
          ))}
        </ul>
      </details>
    )}
  </>
);

export const Chart = (props: ChartProps) => {
  const { name, times, series, words, markers = noMarkers, points = noPoints, height = usualHeight, onSelect, onMoment, tools } = props;
  const place = useRef<HTMLDivElement>(null);
  const [asTable, setAsTable] = useState(false);
  const [hovered, setHovered] = useState<number>();
  const theme = useTheme();
  const navigate = useNavigate();
  const data = useMemo(
    () => [times.map((time) => time / 1_000), ...series.map(({ values }) => values.map((value) => value ?? null))] as uPlot.AlignedData,
    [times, series],
  );
  // What is called is always the newest, and a page that passes others is no reason to draw everything again.
  const calls = useRef({ onSelect, onMoment });
  calls.current = { onSelect, onMoment };
  const isSelectable = onSelect !== undefined;
  // biome-ignore lint/correctness/useExhaustiveDependencies: colours are read when it is drawn, so another theme draws it again
  useEffect(() => {
    const parent = place.current;
    if (!parent || asTable) return;
    const drawing: Drawing = {
      ...{ series, words, markers, points, height, width: parent.clientWidth || 400, onHover: setHovered },
      ...(isSelectable && { onSelect: (from, to) => calls.current.onSelect?.(from, to) }),
      onMoment: (at) => calls.current.onMoment?.(at),
      onPoint: ({ href }) => void navigate({ href }),
    };
    const plot = new uPlot(optionsOf(drawing), data, parent);
    const watch = new ResizeObserver(() => plot.setSize({ width: parent.clientWidth, height }));
    watch.observe(parent);
    return () => {
      watch.disconnect();
      plot.destroy();
    };
  }, [data, asTable, theme, markers, points, isSelectable]);
  return (
    <div className="stack">
      {asTable ? <Twin {...props} /> : <div ref={place} className="chart-canvas" role="img" aria-label={summary(props)} />}
      <div className="row spread">
        <Legend {...props} at={hovered} />
        <div className="tools">
          {tools}
          <button type="button" className="button plain" aria-pressed={asTable} onClick={() => setAsTable(!asTable)}>
            {asTable ? 'As chart' : 'As table'}
          </button>
          {!asTable && (
            <button type="button" className="button plain" onClick={() => exportPng(place.current?.querySelector('canvas'), name, series)}>
              PNG
            </button>
          )}
        </div>
      </div>
      <Happened markers={markers} points={points} />
    </div>
  );
};
