/** Of an objective about latency: how long answers took, and what is good enough. */
import type { Measure, ObjectiveStatus } from '@weft/model';
import { useMarkers } from '../changes/changes.ts';
import { duration } from '../kit/words.ts';
import { useSpan } from '../shell/time.ts';
import { useSeries } from '../signals/ask.ts';
import { LinesChart } from '../signals/LinesChart.tsx';
import { figureLines } from '../signals/lines.ts';
import { useLines } from '../signals/use-lines.ts';
import { serviceLabels } from './objective-words.ts';

const quantiles = ['p50', 'p95', 'p99'] as const;

export const LatencyChart = ({ objective, thresholdMs }: { readonly objective: ObjectiveStatus; readonly thresholdMs: number }) => {
  const { from, to } = useSpan();
  const markers = useMarkers({ from, to, namespace: objective.namespace });
  const took = useSeries('istio_request_duration_milliseconds', { where: serviceLabels(objective), seenBy: 'callers', stepped: true });
  const lines = useLines([took], [String(thresholdMs)], ([answer], now) =>
    figureLines(
      [
        ...quantiles.map((name) => ({ name, answer, valueOf: (one: Measure) => one.quantiles?.[name] })),
        { name: 'good is up to', answer, valueOf: () => thresholdMs, nothing: thresholdMs },
      ],
      now,
    ),
  );
  return <LinesChart {...{ name: 'Latency', answers: [took], lines, words: duration, markers }} />;
};
