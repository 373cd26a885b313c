/** How full things are: the share of circuit breakers' limits in use, processors and memory. */
import type { Marker } from '../kit/Chart.tsx';
import { bytes, count, percent } from '../kit/words.ts';
import { useSeries } from './ask.ts';
import { LinesChart } from './LinesChart.tsx';
import { figureLines, type Lines, linesOf } from './lines.ts';
import { useLines } from './use-lines.ts';

const most = ({ max }: { readonly max?: number }): number | undefined => max;

/** Most use a small part of one. */
const cores = (value: number | undefined): string =>
  value !== undefined && value > 0 && value < 1 ? `${count(value * 1_000)} mcore` : `${count(value)} core`;

/** Of a service: nothing where no DestinationRule sets a limit. */
export const LimitsChart = ({ host, markers }: { readonly host: string; readonly markers: readonly Marker[] }) => {
  const asking = { where: { destination_service: host }, stepped: true };
  const connections = useSeries('weft_connections_used_share', asking);
  const waiting = useSeries('weft_pending_requests_used_share', asking);
  const lines = useLines([connections, waiting], [], ([a, b], now) =>
    figureLines(
      [
        { name: 'connections', answer: a, valueOf: most },
        { name: 'requests that wait', answer: b, valueOf: most },
      ],
      now,
    ),
  );
  if (lines.series.length === 0) return null;
  return <LinesChart {...{ name: 'Limits in use', answers: [connections, waiting], lines, words: percent, markers }} />;
};

export interface WorkloadsUsed {
  readonly namespace: string;
  readonly workloads: readonly string[];
  readonly markers: readonly Marker[];
}

type Asked = ReturnType<typeof useSeries>;

/** Of the application and the proxy beside it, by workload where there are several. */
const useBoth = (application: Asked, proxy: Asked, workloads: readonly string[]): Lines => {
  const named =
    (end: string) =>
    ({ workload = '' }: Readonly<Record<string, string>>): string =>
      workloads.length > 1 ? `${workload} ${end}` : end;
  return useLines([application, proxy], workloads, ([a, b], now) => {
    const [one, other] = [
      linesOf(a, { nameOf: named('application'), valueOf: most, now }),
      linesOf(b, { nameOf: named('proxy'), valueOf: most, now }),
    ];
    return { times: one.times, series: [...one.series, ...other.series], leftOut: one.leftOut + other.leftOut };
  });
};

/** The most that a pod of each used. */
export const ResourceCharts = ({ namespace, workloads, markers }: WorkloadsUsed) => {
  const asking = { where: { namespace, workload: workloads }, by: ['workload'], stepped: true, enabled: workloads.length > 0 };
  const processors = [useSeries('weft_application_cpu_cores', asking), useSeries('weft_proxy_cpu_cores', asking)] as const;
  const memories = [useSeries('weft_application_memory_bytes', asking), useSeries('weft_proxy_memory_bytes', asking)] as const;
  const cpu = useBoth(...processors, workloads);
  const memory = useBoth(...memories, workloads);
  return (
    <>
      <LinesChart {...{ name: 'Processors', answers: processors, lines: cpu, words: cores, markers }} />
      <LinesChart {...{ name: 'Memory', answers: memories, lines: memory, words: bytes, markers }} />
    </>
  );
};
