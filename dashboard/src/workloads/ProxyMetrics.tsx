/** What one instance's Envoy counts, all of it. */
import type { PodReport } from '@weft/model';
import { useMemo } from 'react';
import { useAsk } from '../api/ask.ts';
import { Find } from '../kit/Find.tsx';
import { Panel } from '../kit/parts.tsx';
import { useWord } from '../kit/search.ts';
import { Answer, Empty } from '../kit/states.tsx';
import { type Column, Table } from '../kit/Table.tsx';
import { PodChoice, useChosenPod } from './EnvoyConfig.tsx';

interface Sample {
  readonly name: string;
  readonly labels: string;
  readonly value: number;
}

/** Prometheus' text: a name, labels in braces, a value. */
const samplesIn = (text: string): readonly Sample[] =>
  text.split('\n').flatMap((line) => {
    const [, name, labels = '', value] = /^([a-zA-Z_:][\w:]*)(\{.*\})? (\S+)/.exec(line) ?? [];
    return name === undefined ? [] : [{ name, labels, value: Number(value) }];
  });

const columns: readonly Column<Sample>[] = [
  { id: 'name', name: 'Metric', value: ({ name }) => name, cell: ({ name }) => <code>{name}</code> },
  { id: 'labels', name: 'Labels', value: ({ labels }) => labels, cell: ({ labels }) => <span className="mono">{labels}</span> },
  { id: 'value', name: 'Value', number: true, value: ({ value }) => value },
];

const Samples = ({ text }: { readonly text: string }) => {
  const samples = useMemo(() => samplesIn(text), [text]);
  return (
    <Table
      {...{ name: 'Proxy metrics', rows: samples, columns, filter: useWord('find') }}
      keyOf={({ name, labels }) => `${name}${labels}`}
    />
  );
};

const OfPod = ({ pod, pods }: { readonly pod: PodReport; readonly pods: readonly PodReport[] }) => {
  const path = `/proxies/${encodeURIComponent(pod.namespace)}/${encodeURIComponent(pod.name)}/metrics`;
  const metrics = useAsk<string>({ path, topics: [] });
  const tools = (
    <>
      <PodChoice pods={pods} chosen={pod.name} />
      <Find />
      <button type="button" className="button" onClick={() => void metrics.refetch()}>
        Ask again
      </button>
    </>
  );
  return (
    <Panel title="What its proxy counts" tools={tools}>
      <Answer of={metrics} loading="Asking the proxy">
        {(text) => <Samples text={text} />}
      </Answer>
    </Panel>
  );
};

export const ProxyMetrics = ({ pods }: { readonly pods: readonly PodReport[] }) => {
  const pod = useChosenPod(pods);
  return pod ? <OfPod pod={pod} pods={pods} /> : <Empty>It runs without a proxy.</Empty>;
};
