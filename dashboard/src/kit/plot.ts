/** How a chart is drawn: what uPlot is told, and what is drawn over its lines. */
import type uPlot from 'uplot';

export interface Series {
  readonly name: string;
  /** One for each time; undefined: a gap. */
  readonly values: readonly (number | undefined)[];
  /** Where its name has a meaning; otherwise lines are told apart by their order. */
  readonly tone?: 'good' | 'info' | 'warn' | 'bad';
}

/** Something that happened: a revision, a rollout, an alert. */
export interface Marker {
  /** Unix milliseconds. */
  readonly at: number;
  readonly words: string;
}

/** One thing that was measured, among the lines that are of many: a request that was traced. */
export interface Point {
  /** Unix milliseconds. */
  readonly at: number;
  readonly value: number;
  readonly words: string;
  /** Where it is shown. */
  readonly href: string;
}

export interface Drawing {
  readonly series: readonly Series[];
  /** Of a value, in words: with its unit. */
  readonly words: (value: number | undefined) => string;
  readonly markers: readonly Marker[];
  readonly points: readonly Point[];
  readonly width: number;
  readonly height: number;
  /** A span was selected by dragging: Unix milliseconds. */
  readonly onSelect?: (from: number, to: number) => void;
  /** A moment was clicked at. */
  readonly onMoment?: (at: number) => void;
  readonly onPoint: (point: Point) => void;
  /** The place in `times` that the pointer is at; undefined: it left. */
  readonly onHover: (index: number | undefined) => void;
}

const token = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** @returns the name of its token */
export const colourOf = ({ tone }: Series, index: number): string => (tone ? `--${tone}` : `--series-${(index % 8) + 1}`);

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

const placeOf = (plot: uPlot, { at, value }: Point, onCanvas: boolean): readonly [number, number] => [
  plot.valToPos(at / 1_000, 'x', onCanvas),
  plot.valToPos(value, 'y', onCanvas),
];

const pointSize = 4;

const drawPoints = (plot: uPlot, points: readonly Point[]): void => {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.fillStyle = token('--focus');
  ctx.strokeStyle = token('--surface-raised');
  for (const point of points) {
    const [x, y] = placeOf(plot, point, true);
    if (x < bbox.left || x > bbox.left + bbox.width) continue;
    ctx.beginPath();
    ctx.moveTo(x, y - pointSize);
    ctx.lineTo(x + pointSize, y);
    ctx.lineTo(x, y + pointSize);
    ctx.lineTo(x - pointSize, y);
    ctx.closePath();
    ctx.fill();
    ctx.stroke();
  }
  ctx.restore();
};

/** Pixels around a point that are taken for it. */
const reach = 8;

const pointAt = (plot: uPlot, points: readonly Point[]): Point | undefined => {
  const { left = -1, top = -1 } = plot.cursor;
  return points.find((point) => {
    const [x, y] = placeOf(plot, point, false);
    return Math.hypot(x - left, y - top) < reach;
  });
};

const timeAt = (plot: uPlot, left: number): number => Math.round(plot.posToVal(left, 'x') * 1_000);

/** A drag ends with a click, too: that one selected a span. */
const listen = (plot: uPlot, { points, onMoment, onPoint }: Drawing): void => {
  let downAt = 0;
  plot.over.addEventListener('mousedown', ({ clientX }) => {
    downAt = clientX;
  });
  plot.over.addEventListener('click', ({ clientX }) => {
    if (Math.abs(clientX - downAt) > 3) return;
    const point = pointAt(plot, points);
    if (point) onPoint(point);
    else onMoment?.(timeAt(plot, plot.cursor.left ?? 0));
  });
};

/** Seconds that are drawn before and after a moment that stands alone. */
const aroundOne = 60;

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

export const optionsOf = (drawing: Drawing): uPlot.Options => {
  const { series, words, markers, points, onSelect, onHover, width, height } = drawing;
  const axis = { stroke: token('--text-soft'), grid: { stroke: token('--line') }, ticks: { stroke: token('--line') } };
  const highest = points.reduce((most, { value }) => Math.max(most, value), 0);
  return {
    width,
    height,
    legend: { show: false },
    // All charts of a page show the same moment.
    cursor: { drag: { x: onSelect !== undefined, y: false, setScale: false }, sync: { key: 'time' } },
    axes: [
      { ...axis, values: clock, size: 40, space: 80 },
      { ...axis, size: 70, values: (_, values) => values.map((value) => words(value)) },
    ],
    scales: {
      // Of one moment nobody can draw a span.
      x: { range: (_, min, max) => (max > min ? [min, max] : [min - aroundOne, max + aroundOne]) },
      y: {
        range: (_, __, max) => {
          const top = Math.max(max ?? 0, highest);
          return [0, top > 0 ? top * 1.05 : 1];
        },
      },
    },
    series: [{}, ...series.map((one, index) => ({ label: one.name, stroke: token(colourOf(one, index)), width: 1.5, spanGaps: false }))],
    hooks: {
      ready: [(plot) => listen(plot, drawing)],
      draw: [(plot) => drawMarkers(plot, markers), (plot) => drawPoints(plot, points)],
      setCursor: [({ cursor: { idx, left = -1 } }) => onHover(left < 0 ? undefined : (idx ?? undefined))],
      setSelect: [
        (plot) => {
          const { left, width: wide } = plot.select;
          if (wide < 4) return;
          onSelect?.(timeAt(plot, left), timeAt(plot, left + wide));
          plot.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false);
        },
      ],
    },
  };
};

const headHeight = 24;

/** The picture with its name and what each colour is, on the page's colour: it is looked at elsewhere. */
export const pictureOf = (canvas: HTMLCanvasElement, name: string, series: readonly Series[]): HTMLCanvasElement => {
  const ratio = window.devicePixelRatio || 1;
  const picture = document.createElement('canvas');
  picture.width = canvas.width;
  picture.height = canvas.height + 2 * headHeight * ratio;
  const ctx = picture.getContext('2d');
  if (!ctx) return canvas;
  ctx.fillStyle = token('--surface-raised');
  ctx.fillRect(0, 0, picture.width, picture.height);
  ctx.font = `${13 * ratio}px ${token('--font')}`;
  ctx.textBaseline = 'middle';
  ctx.fillStyle = token('--text');
  ctx.fillText(name, 8 * ratio, (headHeight / 2) * ratio);
  ctx.drawImage(canvas, 0, headHeight * ratio);
  const y = canvas.height + 1.5 * headHeight * ratio;
  let x = 8 * ratio;
  for (const [index, one] of series.entries()) {
    ctx.fillStyle = token(colourOf(one, index));
    ctx.fillRect(x, y - 4 * ratio, 8 * ratio, 8 * ratio);
    ctx.fillStyle = token('--text');
    ctx.fillText(one.name, x + 12 * ratio, y);
    x += ctx.measureText(one.name).width + 28 * ratio;
  }
  return picture;
};
