/** What the Envoy of one instance really has: as tables, and as it says it. */
import type { PodReport, ProxyConfig } from '@weft/model';
import { useMemo } from 'react';
import { useAsk } from '../api/ask.ts';
import { Find } from '../kit/Find.tsx';
import { Panel } from '../kit/parts.tsx';
import { useWord } from '../kit/search.ts';
import { Answer, Empty } from '../kit/states.tsx';
import { type Column, Table } from '../kit/Table.tsx';
import { useSetSearch } from '../shell/time.ts';
import { type ConfigPart, configParts, type Held, heldIn } from './envoy.ts';

/** Which instance and which part of it: the URL's. */
export const useChosenPod = (pods: readonly PodReport[]): PodReport | undefined => {
  const wanted = useWord('pod');
  const withProxy = pods.filter(({ proxy }) => proxy !== 'none');
  return withProxy.find(({ name }) => name === wanted) ?? withProxy[0];
};

export const useEnvoy = ({ namespace, name }: PodReport) =>
  useAsk<ProxyConfig>({
    path: `/proxies/${encodeURIComponent(namespace)}/${encodeURIComponent(name)}/config?live=true`,
    topics: ['proxies'],
  });

export const PodChoice = ({ pods, chosen }: { readonly pods: readonly PodReport[]; readonly chosen: string }) => {
  const set = useSetSearch();
  return (
    <label>
      Instance{' '}
      <select value={chosen} onChange={({ target }) => set({ pod: target.value })}>
        {pods
          .filter(({ proxy }) => proxy !== 'none')
          .map(({ name }) => (
            <option key={name}>{name}</option>
          ))}
      </select>
    </label>
  );
};

const Raw = ({ held }: { readonly held: readonly Held[] }) => (
  // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is scrolled by keyboard, too
  <pre className="raw" tabIndex={0}>
    {held.map(({ name, text }) => `// ${name}\n${text}`).join('\n\n')}
  </pre>
);

/** More text than this is not read. */
const rawAtMost = 50;

const Part = ({ held, part }: { readonly held: readonly Held[]; readonly part: ConfigPart }) => {
  const [find, wanted, view] = [useWord('find').toLowerCase(), useWord('resource'), useWord('view')];
  const set = useSetSearch();
  const found = held.filter(({ name, text }) => find === '' || name.toLowerCase().includes(find) || text.toLowerCase().includes(find));
  const factNames = Object.keys(held[0]?.facts ?? {});
  const columns: readonly Column<Held>[] = [
    {
      ...{ id: 'name', name: 'Name' },
      value: ({ name }) => name,
      cell: ({ name }) => (
        <button
          type="button"
          className="link"
          aria-pressed={wanted === name}
          onClick={() => set({ resource: wanted === name ? undefined : name })}
        >
          {name}
        </button>
      ),
    },
    ...factNames.map((fact): Column<Held> => ({ id: fact, name: fact, value: ({ facts }) => facts[fact] })),
  ];
  const chosen = held.filter(({ name }) => name === wanted);
  return (
    <>
      {view === 'raw' ? (
        <>
          {found.length > rawAtMost && (
            <Empty>
              The first {rawAtMost} of {found.length}: find what you look for.
            </Empty>
          )}
          <Raw held={found.slice(0, rawAtMost)} />
        </>
      ) : (
        <>
          <Table name={`Envoy's ${part}`} rows={found} columns={columns} keyOf={({ name }) => name} empty="It has none." />
          {chosen.length > 0 && <Raw held={chosen} />}
        </>
      )}
    </>
  );
};

const Parts = ({ config, part }: { readonly config: ProxyConfig; readonly part: ConfigPart }) => {
  const held = useMemo(() => heldIn(config, part), [config, part]);
  return <Part held={held} part={part} />;
};

const OfPod = ({ pod, pods }: { readonly pod: PodReport; readonly pods: readonly PodReport[] }) => {
  const [wanted, view] = [useWord('part'), useWord('view')];
  const set = useSetSearch();
  const part = configParts.find((one) => one === wanted) ?? 'clusters';
  const config = useEnvoy(pod);
  const tools = (
    <>
      <PodChoice pods={pods} chosen={pod.name} />
      <label>
        Part{' '}
        <select value={part} onChange={({ target }) => set({ part: target.value, resource: undefined })}>
          {configParts.map((one) => (
            <option key={one}>{one}</option>
          ))}
        </select>
      </label>
      <Find name="Find in names and text" />
      <button
        type="button"
        className="button"
        aria-pressed={view === 'raw'}
        onClick={() => set({ view: view === 'raw' ? undefined : 'raw' })}
      >
        {view === 'raw' ? 'As table' : 'As text'}
      </button>
    </>
  );
  return (
    <Panel title="Configuration that its Envoy has" tools={tools}>
      <Answer of={config} loading="Asking the Envoy">
        {(answered) => <Parts config={answered} part={part} />}
      </Answer>
    </Panel>
  );
};

export const EnvoyConfig = ({ pods }: { readonly pods: readonly PodReport[] }) => {
  const pod = useChosenPod(pods);
  return pod ? <OfPod pod={pod} pods={pods} /> : <Empty>It runs without a proxy.</Empty>;
};
