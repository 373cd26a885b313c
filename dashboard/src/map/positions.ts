/** Where the nodes of a scene are, as it changes: laid out once for each way of looking at the map, and kept from then on. */
import { useCallback, useEffect, useRef, useState } from 'react';
import { arranged, isOther, type Point, type Positions, withNewcomers } from './layout.ts';
import type { Scene } from './scene.ts';

export interface Placed {
  readonly positions: Positions;
  /** Laid out anew, so that it is looked at as a whole. */
  readonly arrangement: number;
  /** Somebody dragged it. */
  readonly move: (id: string, to: Point) => void;
  /** Forgets what was kept, and lays all of it out. */
  readonly arrange: () => void;
}

const nowhere: Positions = new Map();

const keyOf = ({ nodes }: Scene): string => nodes.map(({ id }) => id).join(' ');

/** @param way what somebody chose that makes it another map: boxes, what is expanded, what is in focus */
export const usePositions = (scene: Scene, way: string): Placed => {
  const [positions, setPositions] = useState(nowhere);
  const [arrangement, setArrangement] = useState(0);
  const kept = useRef(new Map<string, Positions>());
  const nodes = keyOf(scene);
  const keep = useCallback(
    (next: Positions) => {
      kept.current.set(way, next);
      setPositions(next);
    },
    [way],
  );
  // biome-ignore lint/correctness/useExhaustiveDependencies: figures of nodes move nobody; `nodes` says which there are
  useEffect(() => {
    if (scene.nodes.length === 0) return;
    const known = kept.current.get(way);
    if (known && !isOther(known, scene)) {
      keep(withNewcomers(known, scene));
      return;
    }
    keep(arranged(scene));
    setArrangement((count) => count + 1);
  }, [nodes, way, keep]);
  const move = useCallback((id: string, to: Point) => keep(new Map([...(kept.current.get(way) ?? []), [id, to]])), [keep, way]);
  const arrange = useCallback(() => {
    kept.current.delete(way);
    keep(arranged(scene));
    setArrangement((count) => count + 1);
  }, [keep, way, scene]);
  return { positions, arrangement, move, arrange };
};
