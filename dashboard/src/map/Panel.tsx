/** What is chosen on the map: a node or an edge, beside it. */
import { X } from 'lucide-react';
import { useSetSearch } from '../shell/time.ts';
import { EdgePanel } from './EdgePanel.tsx';
import { NodePanel } from './NodePanel.tsx';
import type { Shown } from './read.ts';
import type { MapSearch } from './search.ts';

export const Panel = ({ shown, search }: { readonly shown: Shown; readonly search: MapSearch }) => {
  const set = useSetSearch();
  const { sel } = search;
  if (sel === undefined) return undefined;
  const { scene } = shown;
  const node = scene.nodes.find(({ id }) => id === sel);
  const edge = scene.edges.find(({ id }) => id === sel);
  return (
    <aside className="map-panel stack" aria-label="What is chosen">
      <button type="button" className="button plain map-close" aria-label="Close" onClick={() => set({ sel: undefined })}>
        <X size={18} aria-hidden="true" />
      </button>
      {node && <NodePanel {...{ node, shown, search }} />}
      {edge && <EdgePanel edge={edge} shown={shown} />}
      {!node && !edge && <p className="soft">What was chosen is not on this map: it was not there at this time, or is hidden.</p>}
    </aside>
  );
};
