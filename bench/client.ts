/**
 * Plays proxies against a control plane's delta ADS, each on a connection of its own: subscribes as a sidecar does,
 * acknowledges everything, and tells on stdout what came. On stdin: `MARK text` (until every proxy was sent a
 * resource with that text), `RECONNECT` (every stream anew, with the versions it has), `QUIT`.
 */
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { BenchProxy, type Received } from './proxy.ts';

const { values } = parseArgs({
  args: process.argv.slice(2).map((arg) => arg.replace(/^-(?=[a-z])/, '--')),
  options: {
    addr: { type: 'string', default: '' },
    n: { type: 'string', default: '100' },
    namespaces: { type: 'string', default: '' },
    quiet: { type: 'string', default: '2s' },
    'tls-ca': { type: 'string', default: '' },
    'tls-name': { type: 'string', default: '' },
    'tls-cert': { type: 'string', default: '' },
    'tls-key': { type: 'string', default: '' },
  },
});

const giveUpMs = 120_000;
const quietMs = Number(/^([\d.]+)s$/.exec(values.quiet)?.[1]) * 1000;
const namespaces = values.namespaces.split(',');
const tell = (line: object): void => console.log(JSON.stringify(line));

const totals = { messages: 0, bytes: 0, resources: 0, lastAt: performance.now(), errors: 0 };
let looking: { readonly text: Buffer; readonly seen: Map<BenchProxy, number>; readonly done: () => void } | undefined;

const received = (proxy: BenchProxy, { bytes, resources }: Received): void => {
  totals.messages += 1;
  totals.bytes += bytes;
  totals.resources += resources.length;
  totals.lastAt = performance.now();
  if (!looking || looking.seen.has(proxy)) return;
  const { text } = looking;
  if (!resources.some((resource) => Buffer.from(resource.buffer, resource.byteOffset, resource.length).includes(text))) return;
  looking.seen.set(proxy, performance.now());
  if (looking.seen.size === proxies.length) looking.done();
};

const read = (path: string, namespace: string): Buffer => readFileSync(path.replaceAll('{ns}', namespace));

const makeProxy = (_: unknown, index: number): BenchProxy => {
  const namespace = namespaces[index % namespaces.length] ?? '';
  return new BenchProxy({
    address: values.addr,
    index,
    namespace,
    tls: {
      roots: read(values['tls-ca'], namespace),
      key: read(values['tls-key'], namespace),
      chain: read(values['tls-cert'], namespace),
      name: values['tls-name'],
    },
    onReceived: received,
    onError: (error) => {
      totals.errors += 1;
      console.error(`proxy ${index}: ${error.message}`);
    },
  });
};

const difference = (before: typeof totals) => ({
  messages: totals.messages - before.messages,
  resources: totals.resources - before.resources,
  MB: (totals.bytes - before.bytes) / 1e6,
});

/** Milliseconds from `start` to the last message before a quiet time; -1 if it never got quiet. */
const quietFrom = async (start: number): Promise<number> => {
  for (const end = performance.now() + giveUpMs; performance.now() < end; await sleep(20)) {
    if (performance.now() - Math.max(start, totals.lastAt) > quietMs) return Math.max(0, totals.lastAt - start);
  }
  return -1;
};

const mark = async (text: string): Promise<void> => {
  const before = { ...totals };
  const start = performance.now();
  const seen = new Map<BenchProxy, number>();
  const all = new Promise<void>((done) => {
    looking = { text: Buffer.from(text), seen, done };
  });
  tell({ event: 'armed' });
  await Promise.race([all, sleep(giveUpMs, undefined, { ref: false })]);
  looking = undefined;
  const times = [...seen.values()].map((at) => at - start).sort((a, b) => a - b);
  await sleep(500);
  tell({
    event: 'mark',
    ok: seen.size === proxies.length,
    got: seen.size,
    ...difference(before),
    first_ms: times[0],
    last_ms: times.at(-1),
  });
};

const reconnect = async (): Promise<void> => {
  const before = { ...totals };
  const start = performance.now();
  for (const proxy of proxies) proxy.reconnect();
  const ms = await quietFrom(start);
  tell({ event: 'reconnected', proxies: proxies.length, ms, ...difference(before) });
};

const start = performance.now();
const proxies = Array.from({ length: Number(values.n) }, makeProxy);
await sleep(100);
while (totals.messages === 0 && totals.errors === 0 && performance.now() - start < giveUpMs) await sleep(20);
const ms = Math.round(await quietFrom(start));
tell({
  event: 'synced',
  proxies: proxies.length,
  ms,
  ...difference({ ...totals, messages: 0, bytes: 0, resources: 0 }),
  errors: totals.errors,
});

for await (const line of createInterface(process.stdin)) {
  if (line.startsWith('MARK ')) await mark(line.slice('MARK '.length));
  else if (line === 'RECONNECT') await reconnect();
  else if (line === 'QUIT') break;
}
for (const proxy of proxies) proxy.close();
process.exit(0);
