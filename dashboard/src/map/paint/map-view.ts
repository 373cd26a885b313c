/** The map on its canvas: what is seen of it, and frames only while something moves. */
import type { Point } from '../layout.ts';
import { type Camera, mapPoint, type Rect, seenRect, type Viewport, zoomed } from './camera.ts';
import { Gestures } from './gestures.ts';
import { edgeAt, nodeAt } from './hit.ts';
import { aim, Layer } from './layer.ts';
import { drawMarked, type Marked } from './marked.ts';
import { type Palette, readPalette } from './palette.ts';
import { movedIn, type Picture } from './picture.ts';
import { drawTraffic, mostAnimated } from './traffic.ts';

export interface MapHandlers {
  /** A node or an edge; undefined: the ground. */
  readonly onSelect: (id: string | undefined) => void;
  /** A node, twice. */
  readonly onOpen: (id: string) => void;
  readonly onMove: (id: string, to: Point) => void;
  /** Another size, and nobody chose what is seen. */
  readonly onFit: () => void;
}

/** Milliseconds of a frame for painting what is not shown yet. */
const paintMs = 7;
const dotsFrom = 0.3;
/** Dots that move alone need no more frames than these: a page that is open all day leaves the processor to others. */
const trafficMs = 33;

/** What is dragged; it is put down where it is let go. */
interface Drag {
  readonly node: string;
  /** How far its middle is from the pointer. */
  readonly offset: Point;
  to?: Point;
  isDropped?: true;
}

const middleOf = ({ left, right, top, bottom }: Rect): Point => ({ x: (left + right) / 2, y: (top + bottom) / 2 });

export class MapView {
  readonly #canvas: HTMLCanvasElement;
  readonly #handlers: MapHandlers;
  readonly #layer = new Layer();
  readonly #gestures: Gestures;
  readonly #size: ResizeObserver;
  readonly #theme: MutationObserver;
  #picture: Picture = { nodes: [], edges: [], boxes: [] };
  #palette: Palette = readPalette();
  #camera: Camera = { x: 0, y: 0, zoom: 1 };
  #viewport: Viewport = { width: 0, height: 0 };
  #marked: Marked = {};
  #isAnimated = false;
  #drag: Drag | undefined;
  #frame: number | undefined;
  /** Something else than the traffic moved. */
  #isStale = true;
  /** When it was drawn before. */
  #last = 0;
  /** Somebody moved it himself: from then on it does not fit itself to what comes. */
  isMoved = false;

  constructor(canvas: HTMLCanvasElement, handlers: MapHandlers) {
    this.#canvas = canvas;
    this.#handlers = handlers;
    this.#size = new ResizeObserver(() => this.#resize());
    this.#size.observe(canvas);
    this.#theme = new MutationObserver(() => this.#recolour());
    this.#theme.observe(document.documentElement, { attributeFilter: ['data-theme'] });
    this.#gestures = this.#listen();
    this.#resize();
  }

  get viewport(): Viewport {
    return this.#viewport;
  }

  get camera(): Camera {
    return this.#camera;
  }

  show(picture: Picture): void {
    this.#picture = picture;
    if (this.#drag?.isDropped) this.#drag = undefined;
    this.#layer.soil();
    this.#next();
  }

  mark(marked: Marked): void {
    this.#marked = marked;
    this.#next();
  }

  animate(isAnimated: boolean): void {
    this.#isAnimated = isAnimated;
    this.#next();
  }

  look(camera: Camera): void {
    this.#camera = camera;
    this.#next();
  }

  zoom(factor: number): void {
    this.isMoved = true;
    this.look(zoomed(this.#camera, factor, this.#camera));
  }

  pan(dx: number, dy: number): void {
    this.isMoved = true;
    const { x, y, zoom } = this.#camera;
    this.look({ x: x + dx / zoom, y: y + dy / zoom, zoom });
  }

  /** Moves what is seen as far as a node needs to be within. */
  reveal(id: string): void {
    const rect = this.#picture.nodes.find(({ node }) => node.id === id)?.rect;
    if (!rect) return;
    const { width, height } = this.#viewport;
    const { x, y } = middleOf(rect);
    const [dx, dy] = [(x - this.#camera.x) * this.#camera.zoom, (y - this.#camera.y) * this.#camera.zoom];
    const beyond = (distance: number, room: number): number => Math.sign(distance) * Math.max(0, Math.abs(distance) - room);
    const [moveX, moveY] = [beyond(dx, width / 2 - 110), beyond(dy, height / 2 - 50)];
    if (moveX !== 0 || moveY !== 0) this.pan(moveX, moveY);
  }

  stop(): void {
    this.#gestures.stop();
    this.#size.disconnect();
    this.#theme.disconnect();
    if (this.#frame !== undefined) cancelAnimationFrame(this.#frame);
  }

  get #scale(): number {
    return Math.min(2, window.devicePixelRatio || 1);
  }

  #recolour(): void {
    this.#palette = readPalette();
    this.#layer.soil();
    this.#next();
  }

  #resize(): void {
    const { clientWidth: width, clientHeight: height } = this.#canvas;
    this.#viewport = { width, height };
    this.#canvas.width = Math.round(width * this.#scale);
    this.#canvas.height = Math.round(height * this.#scale);
    this.#layer.soil();
    if (!this.isMoved) this.#handlers.onFit();
    this.#next();
  }

  #listen(): Gestures {
    return new Gestures(this.#canvas, {
      onHover: (at) => this.#hover(this.#below(at)),
      onClick: (at) => this.#handlers.onSelect(this.#hit(this.#below(at))),
      onOpen: (at) => {
        const id = nodeAt(this.#picture, this.#below(at));
        if (id) this.#handlers.onOpen(id);
      },
      onPress: (at) => this.#press(this.#below(at)),
      onDrag: (at, from) => {
        if (this.#drag && !this.#drag.isDropped) this.#carry(this.#drag, this.#below(at));
        else this.pan(from.x - at.x, from.y - at.y);
      },
      onDrop: (isMeant) => this.#drop(isMeant),
      onZoom: (factor, around) => {
        this.isMoved = true;
        this.look(zoomed(this.#camera, factor, this.#below(around)));
      },
    });
  }

  #below(at: Point): Point {
    return mapPoint(this.#camera, this.#viewport, at);
  }

  #hit(point: Point): string | undefined {
    return nodeAt(this.#picture, point) ?? edgeAt(this.#picture, point, this.#camera.zoom);
  }

  #hover(point: Point): void {
    const hovered = this.#hit(point);
    this.#canvas.style.cursor = hovered ? 'pointer' : 'grab';
    if (hovered !== this.#marked.hovered) this.mark({ ...this.#marked, hovered });
  }

  #press(point: Point): void {
    const node = nodeAt(this.#picture, point);
    const rect = this.#picture.nodes.find((one) => one.node.id === node)?.rect;
    if (!node || !rect) return;
    const at = middleOf(rect);
    this.#drag = { node, offset: { x: at.x - point.x, y: at.y - point.y } };
  }

  #carry(drag: Drag, point: Point): void {
    drag.to = { x: point.x + drag.offset.x, y: point.y + drag.offset.y };
    this.#next();
  }

  #drop(isMeant: boolean): void {
    const drag = this.#drag;
    if (drag?.to && isMeant) {
      // Seen there until it is told of as there.
      drag.isDropped = true;
      this.#handlers.onMove(drag.node, drag.to);
    } else this.#drag = undefined;
    this.#next();
  }

  #next(): void {
    this.#isStale = true;
    this.#again();
  }

  #again(): void {
    this.#frame ??= requestAnimationFrame((now) => {
      this.#frame = undefined;
      if (this.#isStale || this.#layer.isWorking || now - this.#last >= trafficMs) this.#draw(now);
      else this.#again();
    });
  }

  #draw(now: number): void {
    const ctx = this.#canvas.getContext('2d');
    if (!ctx || this.#viewport.width === 0) return;
    const [viewport, scale, camera, palette] = [this.#viewport, this.#scale, this.#camera, this.#palette];
    if (this.#layer.isWorking) this.#layer.took(now - this.#last);
    this.#last = now;
    const seeing = { camera, viewport, scale };
    this.#layer.work({ picture: this.#picture, palette }, seeing, paintMs);
    ctx.setTransform(1, 0, 0, 1, 0, 0);
    ctx.clearRect(0, 0, this.#canvas.width, this.#canvas.height);
    this.#layer.draw(ctx, seeing);
    aim(ctx, camera, { size: viewport, scale });
    ctx.textBaseline = 'middle';
    const look = { palette, zoom: camera.zoom, seen: seenRect(camera, viewport) };
    const { node, to } = this.#drag ?? {};
    if (node && to) drawMarked(ctx, movedIn(this.#picture, node, to), { ...look, marked: { hovered: node } });
    else drawMarked(ctx, this.#picture, { ...look, marked: this.#marked });
    const isMoving = this.#isAnimated && this.#picture.edges.length <= mostAnimated && camera.zoom >= dotsFrom;
    if (isMoving) drawTraffic(ctx, this.#picture.edges, { palette, now });
    this.#isStale = false;
    if (isMoving || this.#layer.isWorking) this.#again();
  }
}
