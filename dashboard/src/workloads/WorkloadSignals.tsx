/** What comes in at a workload and what it sends, over time. */
import type { Marker } from '../kit/Chart.tsx';
import { useWord } from '../kit/search.ts';
import { useSetSearch } from '../shell/time.ts';
import { ResourceCharts } from '../signals/Saturation.tsx';
import { BreakDownTools, Signals } from '../signals/Signals.tsx';

export interface WorkloadSignalsProps {
  readonly namespace: string;
  readonly name: string;
  readonly markers: readonly Marker[];
}

export const WorkloadSignals = ({ namespace, name, markers }: WorkloadSignalsProps) => {
  const isOut = useWord('dir') === 'out';
  const set = useSetSearch();
  const end = isOut ? 'source' : 'destination';
  return (
    <>
      <div className="row">
        <label>
          Requests{' '}
          <select value={isOut ? 'out' : 'in'} onChange={({ target }) => set({ dir: target.value })}>
            <option value="in">that come in</option>
            <option value="out">that it sends</option>
          </select>
        </label>
        <BreakDownTools />
      </div>
      <Signals
        where={{ [`${end}_workload`]: name, [`${end}_workload_namespace`]: namespace }}
        seenBy={isOut ? 'callers' : 'servers'}
        records={{ [isOut ? 'caller' : 'server']: `${namespace}/${name}` }}
        markers={markers}
      />
      <div className="charts">
        <ResourceCharts namespace={namespace} workloads={[name]} markers={markers} />
      </div>
    </>
  );
};
