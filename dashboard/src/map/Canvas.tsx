/** The drawn map: a canvas that the keyboard walks, with what it shows told in words. */
import { Maximize, Minus, Plus } from 'lucide-react';
import { type KeyboardEvent, type RefObject, useEffect, useRef, useState } from 'react';
import { fitting } from './paint/camera.ts';
import { type Direction, directions, nodeBeside } from './paint/hit.ts';
import { MapView } from './paint/map-view.ts';
import type { Picture } from './paint/picture.ts';
import type { Placed } from './positions.ts';
import type { Scene } from './scene.ts';
import { nodeWords, sceneWords } from './words.ts';

export interface CanvasProps {
  readonly scene: Scene;
  readonly picture: Picture;
  readonly placed: Placed;
  readonly selected: string | undefined;
  readonly isAnimated: boolean;
  readonly onSelect: (id: string | undefined) => void;
  readonly onOpen: (id: string) => void;
}

const isDirection = (key: string): key is Direction => key in directions;

/** Shift and an arrow move what is seen by so many pixels. */
const stride = 80;

const fit = (view: MapView | null, { scene, placed: { positions } }: Pick<CanvasProps, 'scene' | 'placed'>): void => {
  if (view && positions.size > 0) view.look(fitting(scene, positions, view.viewport));
};

const useView = (place: RefObject<HTMLCanvasElement | null>, props: CanvasProps): RefObject<MapView | null> => {
  const view = useRef<MapView>(null);
  const last = useRef(props);
  last.current = props;
  const { picture, placed, selected, isAnimated } = props;
  useEffect(() => {
    if (!place.current) return;
    const made = new MapView(place.current, {
      onSelect: (id) => last.current.onSelect(id),
      onOpen: (id) => last.current.onOpen(id),
      onMove: (id, to) => last.current.placed.move(id, to),
      onFit: () => fit(view.current, last.current),
    });
    view.current = made;
    return () => made.stop();
  }, [place]);
  useEffect(() => view.current?.show(picture), [picture]);
  useEffect(() => view.current?.mark({ selected }), [selected]);
  useEffect(() => view.current?.animate(isAnimated), [isAnimated]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: it fits itself to another arrangement, not to each position
  useEffect(() => {
    if (view.current) view.current.isMoved = false;
    fit(view.current, props);
  }, [placed.arrangement]);
  return view;
};

export const Canvas = (props: CanvasProps) => {
  const { scene, picture, selected, onSelect, onOpen } = props;
  const place = useRef<HTMLCanvasElement>(null);
  const view = useView(place, props);
  const [focused, setFocused] = useState<string>();
  const goTo = (id: string | undefined): void => {
    setFocused(id);
    view.current?.mark({ selected, focused: id });
    if (id) view.current?.reveal(id);
  };
  const showAll = (): void => {
    if (view.current) view.current.isMoved = false;
    fit(view.current, props);
  };
  const acts = new Map<string, () => void>([
    ['Enter', () => focused && onSelect(focused)],
    [' ', () => focused && onOpen(focused)],
    ['+', () => view.current?.zoom(1.25)],
    ['=', () => view.current?.zoom(1.25)],
    ['-', () => view.current?.zoom(0.8)],
    ['0', showAll],
    ['Escape', () => onSelect(undefined)],
  ]);
  const onKey = (event: KeyboardEvent): void => {
    const { key, shiftKey, ctrlKey, metaKey, altKey } = event;
    if (ctrlKey || metaKey || altKey) return;
    if (isDirection(key)) {
      const { x, y } = directions[key];
      if (shiftKey) view.current?.pan(x * stride, y * stride);
      else goTo(nodeBeside(picture, focused ?? selected, key));
    } else if (acts.has(key)) acts.get(key)?.();
    else return;
    event.preventDefault();
  };
  const node = scene.nodes.find(({ id }) => id === focused);
  return (
    <div className="map-ground">
      <div
        className="map-keys"
        role="application"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it is an application: arrows go from node to node
        tabIndex={0}
        aria-label={sceneWords(scene)}
        onKeyDown={onKey}
        onBlur={() => view.current?.mark({ selected })}
      >
        <canvas ref={place} className="map-canvas" />
      </div>
      <p className="visually-hidden" aria-live="polite">
        {node && nodeWords(node, scene)}
      </p>
      <div className="map-zoom">
        <button type="button" className="button" aria-label="Zoom in" onClick={() => view.current?.zoom(1.25)}>
          <Plus size={16} aria-hidden="true" />
        </button>
        <button type="button" className="button" aria-label="Zoom out" onClick={() => view.current?.zoom(0.8)}>
          <Minus size={16} aria-hidden="true" />
        </button>
        <button type="button" className="button" aria-label="Show all" onClick={showAll}>
          <Maximize size={16} aria-hidden="true" />
        </button>
      </div>
    </div>
  );
};
