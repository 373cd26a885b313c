/**
 * How fluently the console's map moves: `node e2e/console/map-frames.ts [--nodes N] [--edges N] [--seconds N]` shows so many of each in a real browser
 * that renders in software, all boxes open, changes every figure each second, and pans all the while. It needs `npm run build`.
 */
import { readFileSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Edge, Topology } from '@weft/model';
import { chromium } from 'playwright-core';
import { root } from '../mesh.ts';

const { values } = parseArgs({
  options: {
    nodes: { type: 'string', default: '1000' },
    edges: { type: 'string', default: '5000' },
    seconds: { type: 'string', default: '10' },
  },
});
const [nodes, edges, seconds] = [Number(values.nodes), Number(values.edges), Number(values.seconds)];
const namespaces = 20;

/** The same in each run. */
const chance = (() => {
  let state = 7;
  return (): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return state / 0x7fffffff;
  };
})();

interface Named {
  readonly namespace: string;
  readonly name: string;
}

const services: readonly Named[] = Array.from({ length: nodes }, (_, index) => ({
  namespace: `team-${index % namespaces}`,
  name: `service-${index}`,
}));

/** Four of five calls stay in a namespace; each service calls those behind it. */
const pairs = Array.from({ length: edges }, () => {
  const from = Math.floor(chance() * (nodes - namespaces - 1));
  const beyond = 1 + Math.floor(chance() * Math.min(8, (nodes - 1 - from) / namespaces));
  const to = chance() < 0.8 ? Math.min(nodes - 1, from + beyond * namespaces) : Math.min(nodes - 1, from + beyond);
  return [services[from], services[to]] as const;
});

const edgeOf = ([from, to]: readonly [Named | undefined, Named | undefined]): Edge => {
  const requests = Math.round(chance() * 5_000);
  const failed = chance() < 0.05 ? Math.round(requests * chance() * 0.2) : 0;
  const caller = from ?? { namespace: '', name: '' };
  const callee = to ?? caller;
  return {
    caller: { kind: 'workload', ...caller, version: 'v1' },
    callee: {
      kind: 'service',
      host: `${callee.name}.${callee.namespace}.svc.cluster.local`,
      ...callee,
      workload: { ...callee, version: 'v1' },
    },
    ...{ protocol: 'http', requests, requestsPerSecond: requests / 600, failed, connectionsOpened: 0, bytesReceived: 1e5, bytesSent: 1e6 },
    latency: { p50: 2, p90: 8, p95: 10 + chance() * 50, p99: 100, mean: 4 },
    mtls: chance() < 0.98 ? 'mutual' : 'plaintext',
    health: failed === 0 ? 'healthy' : 'degraded',
  };
};

const topology = (): Topology => {
  const to = Date.now();
  const from = to - 600_000;
  const protection = { mutual: 1, plaintext: 0, unknown: 0 };
  return { from, to, since: from, until: to, protection, revisions: [1], edges: pairs.map(edgeOf), vanished: [] };
};

const stored = services.map(({ namespace, name }) => ({ resource: { metadata: { namespace, name }, spec: {} } }));
const answers: Readonly<Record<string, () => unknown>> = {
  '/session': () => ({ user: 'bench', role: 'viewer', csrf: '' }),
  '/edges': topology,
  '/resources/Service': () => ({ items: stored }),
  '/workloads': () => ({ items: [], cluster: 'bench' }),
  '/changes': () => ({ items: [], more: false }),
};

const types: Readonly<Record<string, string>> = { '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' };

const sendFile = (response: ServerResponse, path: string): void => {
  const type = types[extname(path)];
  response.setHeader('content-type', type ?? 'text/html');
  response.end(readFileSync(join(root, 'dist/console', type ? path : 'index.html')));
};

/** As weftd tells it when another look at the proxies is kept. */
const stream = (response: ServerResponse): void => {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const timer = setInterval(() => response.write(`event: topology\ndata: {"topic":"topology","time":${Date.now()}}\n\n`), 1_000);
  response.once('close', () => clearInterval(timer));
};

const server = createServer((request, response) => {
  const path = new URL(request.url ?? '/', 'http://localhost').pathname;
  if (!path.startsWith('/api/v1/')) return sendFile(response, path);
  if (path === '/api/v1/stream') return stream(response);
  const answer = answers[path.slice('/api/v1'.length)] ?? (() => ({ items: [] }));
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify(answer()));
});

/** In the page: drags the ground, or a node, round in a circle, a step each frame. @returns milliseconds between frames */
const drag = ([ms, cursor]: readonly [number, string]): Promise<number[]> =>
  new Promise((resolve) => {
    const canvas = document.querySelector('canvas.map-canvas') as HTMLCanvasElement;
    const { left, top, width, height } = canvas.getBoundingClientRect();
    const send = (type: string, x: number, y: number): void => {
      canvas.dispatchEvent(
        new PointerEvent(type, { clientX: left + x, clientY: top + y, pointerId: 1, button: 0, buttons: 1, bubbles: true }),
      );
    };
    canvas.setPointerCapture = () => {};
    const spots = Array.from(
      { length: 1_600 },
      (_, index) => [((index % 40) + 0.5) * (width / 40), (Math.floor(index / 40) + 0.5) * (height / 40)] as const,
    );
    const [x = 5, y = 5] =
      spots.find(([left, top]) => {
        send('pointermove', left, top);
        return canvas.style.cursor === cursor;
      }) ?? [];
    const frames: number[] = [];
    const begin = performance.now();
    let last = begin;
    send('pointerdown', x, y);
    const step = (now: number): void => {
      frames.push(now - last);
      last = now;
      const turn = (now - begin) / 700;
      send('pointermove', width / 2 + Math.cos(turn) * width * 0.4, height / 2 + Math.sin(turn) * height * 0.4);
      if (now - begin < ms) requestAnimationFrame(step);
      else {
        send('pointerup', 0, 0);
        resolve(frames.slice(1));
      }
    };
    requestAnimationFrame(step);
  });

/** In the page: lets it update. @returns milliseconds between frames */
const rest = (ms: number): Promise<number[]> =>
  new Promise((resolve) => {
    const frames: number[] = [];
    const begin = performance.now();
    let last = begin;
    const step = (now: number): void => {
      frames.push(now - last);
      last = now;
      if (now - begin < ms) requestAnimationFrame(step);
      else resolve(frames.slice(1));
    };
    requestAnimationFrame(step);
  });

server.listen(0, '127.0.0.1');
await new Promise((resolve) => server.once('listening', resolve));
const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
const executablePath = process.env.WEFT_CHROMIUM ?? '/usr/bin/chromium';
const browser = await chromium.launch({ executablePath, args: ['--disable-gpu', ...(process.getuid?.() === 0 ? ['--no-sandbox'] : [])] });
const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
const devtools = await page.context().newCDPSession(page);
// Of the processor, so that others on the machine count less.
await devtools.send('Performance.enable', { timeDomain: 'threadTicks' });
/** Seconds of the processor that the page's main thread had. */
const worked = async (): Promise<number> => {
  const { metrics } = await devtools.send('Performance.getMetrics');
  return metrics.find(({ name }) => name === 'TaskDuration')?.value ?? 0;
};

/** Frames a second, and what a frame costs the page's main thread: that holds on a busy machine, too. */
const measured = async (name: string, move: () => Promise<readonly number[]>): Promise<void> => {
  const before = await worked();
  const frames = await move();
  const each = ((await worked()) - before) / frames.length;
  const sorted = frames.toSorted((a, b) => a - b);
  const all = frames.reduce((sum, one) => sum + one, 0);
  const at = (share: number): number => Math.round(sorted[Math.floor(sorted.length * share)] ?? 0);
  console.log(
    `${name.padEnd(34)} ${((frames.length * 1_000) / all).toFixed(1)} frames/s, ${(each * 1_000).toFixed(1)} ms of work each, median ${at(0.5)} ms, p95 ${at(0.95)} ms, longest ${at(0.999)} ms`,
  );
};

const open = `?closed=${encodeURIComponent('[]')}`;
for (const [name, search, zooms] of [
  ['closed boxes', '', 0],
  ['whole map', open, 0],
  ['shapes', open, 7],
  ['names', open, 10],
  ['names and labels', open, 12],
  ['near', open, 15],
] as const) {
  await page.goto(`${base}/map${search}`);
  await page.getByRole('application', { name: /Map of \d+ nodes/ }).waitFor();
  for (let index = 0; index < zooms; index += 1) await page.getByRole('button', { name: 'Zoom in' }).click();
  const ms = seconds * 1_000;
  await measured(`${name}, at rest`, () => page.evaluate(rest, ms / 2));
  await measured(`${name}, panned`, () => page.evaluate(drag, [ms, 'grab'] as const));
  await measured(`${name}, a node dragged`, () => page.evaluate(drag, [ms, 'pointer'] as const));
  if (process.env.WEFT_SCREENSHOTS)
    await page.screenshot({ path: join(process.env.WEFT_SCREENSHOTS, `map-${name.replaceAll(' ', '-')}.png`) });
}
await browser.close();
server.close();
