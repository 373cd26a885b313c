/** What fingers, mouse and wheel want of the map: to point, click, drag, pinch and zoom. */
import type { Point } from '../layout.ts';

/** All points are pixels of the canvas. */
export interface GestureHandlers {
  readonly onHover: (at: Point) => void;
  readonly onClick: (at: Point) => void;
  readonly onOpen: (at: Point) => void;
  readonly onPress: (at: Point) => void;
  /** `from` one point to the next, after a press. */
  readonly onDrag: (at: Point, from: Point) => void;
  /** It was dragged, and is let go; or another finger came, and it is not meant any more. */
  readonly onDrop: (isMeant: boolean) => void;
  readonly onZoom: (factor: number, around: Point) => void;
}

/** A pointer that moves less than so many pixels clicks; fingers are less exact. */
const clickWithin = (event: PointerEvent): number => (event.pointerType === 'touch' ? 10 : 4);

const pointOf = ({ offsetX: x, offsetY: y }: MouseEvent): Point => ({ x, y });

const between = ([a, b]: readonly Point[]): { readonly middle: Point; readonly distance: number } | undefined =>
  a && b && { middle: { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 }, distance: Math.max(1, Math.hypot(a.x - b.x, a.y - b.y)) };

export class Gestures {
  readonly #canvas: HTMLCanvasElement;
  readonly #handlers: GestureHandlers;
  readonly #gone = new AbortController();
  /** Those that are pressed, in the order in which they came. */
  readonly #pressed = new Map<number, Point>();
  #start: Point | undefined;
  #isMoved = false;

  constructor(canvas: HTMLCanvasElement, handlers: GestureHandlers) {
    this.#canvas = canvas;
    this.#handlers = handlers;
    const { signal } = this.#gone;
    canvas.addEventListener('pointerdown', (event) => this.#press(event), { signal });
    canvas.addEventListener('pointermove', (event) => this.#move(event), { signal });
    canvas.addEventListener('pointerup', (event) => this.#release(event, true), { signal });
    canvas.addEventListener('pointercancel', (event) => this.#release(event, false), { signal });
    canvas.addEventListener('dblclick', (event) => handlers.onOpen(pointOf(event)), { signal });
    canvas.addEventListener('wheel', (event) => this.#wheel(event), { signal, passive: false });
  }

  stop(): void {
    this.#gone.abort();
  }

  #press(event: PointerEvent): void {
    if (event.button !== 0) return;
    const at = pointOf(event);
    this.#pressed.set(event.pointerId, at);
    this.#canvas.setPointerCapture(event.pointerId);
    if (this.#pressed.size > 1) {
      this.#handlers.onDrop(false);
      this.#isMoved = true;
      return;
    }
    [this.#start, this.#isMoved] = [at, false];
    this.#handlers.onPress(at);
  }

  #move(event: PointerEvent): void {
    const at = pointOf(event);
    const before = this.#pressed.get(event.pointerId);
    if (!before) {
      this.#handlers.onHover(at);
      return;
    }
    if (this.#pressed.size > 1) {
      this.#pinch(event.pointerId, at);
      return;
    }
    const { x, y } = this.#start ?? at;
    this.#isMoved ||= Math.hypot(at.x - x, at.y - y) > clickWithin(event);
    if (!this.#isMoved) return;
    this.#pressed.set(event.pointerId, at);
    this.#handlers.onDrag(at, before);
  }

  /** What is below both fingers stays below them. */
  #pinch(id: number, at: Point): void {
    const before = between([...this.#pressed.values()]);
    this.#pressed.set(id, at);
    const after = between([...this.#pressed.values()]);
    if (!before || !after) return;
    this.#handlers.onDrag(after.middle, before.middle);
    this.#handlers.onZoom(after.distance / before.distance, after.middle);
  }

  #release(event: PointerEvent, isMeant: boolean): void {
    if (!this.#pressed.delete(event.pointerId) || this.#pressed.size > 0) return;
    this.#handlers.onDrop(isMeant);
    if (isMeant && !this.#isMoved) this.#handlers.onClick(pointOf(event));
  }

  #wheel(event: WheelEvent): void {
    event.preventDefault();
    // Two fingers on a touch pad that pinch come as a wheel with Ctrl, by small steps.
    const perPixel = event.deltaMode === 1 ? 0.05 : event.ctrlKey ? 0.01 : 0.0016;
    this.#handlers.onZoom(Math.exp(-event.deltaY * perPixel), pointOf(event));
  }
}
