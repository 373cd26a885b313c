/**
 * What a sidecar pair costs whose mutual TLS and ten policies Weft configures, against the same two Envoys with the least that serves; and
 * what it costs besides to count, write down and trace: turn by turn in one run, so that what else the machine does falls on all. `node bench/data-path.ts` prints a line of JSON; `npm run
 * bench` shows it in its table.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { freePort } from '../e2e/port.ts';
import { makeRoot } from '../e2e/traffic/certificates.ts';
import { startApplication } from './data-path/application.ts';
import { type HttpVersion, type Load, type Measured, startLoad } from './data-path/loader.ts';
import { minimalPair, type Pair, weftPair } from './data-path/pair.ts';
import { callers, type Ports, serverOf } from './data-path/places.ts';
import { manifests } from './data-path/policies.ts';
import { type Telling, tellings } from './data-path/tellings.ts';
import type { DataPathFigures, PairFigures, TellingFigures } from './table.ts';

const told = Object.keys(tellings) as Telling[];
const names = ['minimal', ...told] as const;
type Name = (typeof names)[number];

/** Of each pair. */
type Sides<T> = Readonly<Record<Name, T>>;

/** One pair's figures of one round; microseconds are CPU for each request. */
interface Turn extends Measured {
  readonly client: number;
  readonly server: number;
}

const turn = async ({ client, server }: Pair, load: Load, seconds: number): Promise<Turn> => {
  const before = { client: client.cpuMicroseconds(), server: server.cpuMicroseconds() };
  const measured = await load.run(seconds);
  const { requests, failed } = measured;
  if (failed > 0) throw new Error(`${failed} of ${requests} requests failed`);
  return {
    ...measured,
    client: (client.cpuMicroseconds() - before.client) / requests,
    server: (server.cpuMicroseconds() - before.server) / requests,
  };
};

interface Length {
  readonly rounds: number;
  /** Of each turn. */
  readonly seconds: number;
}

const rounds = async (pairs: Sides<Pair>, protocol: HttpVersion, { rounds: count, seconds }: Length): Promise<readonly Sides<Turn>[]> => {
  const loads = new Map<Name, Load>();
  for (const name of names) {
    const { ports } = pairs[name];
    const load = await startLoad({ address: callers, port: protocol === 'http1' ? ports.http : ports.http2, protocol });
    // Connections, pools and the load's own code are warm then.
    await load.run(1);
    loads.set(name, load);
  }
  const taken: Sides<Turn>[] = [];
  for (let index = 0; index < count; index += 1) {
    const turns = new Map<Name, Turn>();
    // Each is first, and last, as often as the others.
    const order = names.map((_, place) => names[(place + index) % names.length] as Name);
    for (const name of index % 2 === 0 ? order : order.reverse())
      turns.set(name, await turn(pairs[name], loads.get(name) as Load, seconds));
    taken.push(Object.fromEntries(turns) as Sides<Turn>);
  }
  for (const load of loads.values()) load.stop();
  return taken;
};

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

const figuresOf = (taken: readonly Sides<Turn>[]): PairFigures => {
  const between = ([one, other]: readonly [Name, Name], of: (turn: Turn) => number): number =>
    Number(median(taken.map((turns) => of(turns[one]) / of(turns[other]))).toFixed(3));
  /** Above 1: Weft's is worse. */
  const ratio = (of: (turn: Turn) => number): number => between(['nothing', 'minimal'], of);
  const weft = taken.map((turns) => turns.nothing);
  const telling = (name: Telling): TellingFigures => ({
    client: between([name, 'nothing'], ({ client }) => client),
    server: between([name, 'nothing'], ({ server }) => server),
  });
  return {
    perSecond: Math.round(median(weft.map(({ perSecond }) => perSecond))),
    p99Ms: Number(median(weft.map(({ p99 }) => p99)).toFixed(2)),
    microseconds: Math.round(median(weft.map(({ client, server }) => client + server))),
    throughput: ratio(({ perSecond }) => 1 / perSecond),
    p99: ratio(({ p99 }) => p99),
    cpu: {
      client: ratio(({ client }) => client),
      server: ratio(({ server }) => server),
      both: ratio(({ client, server }) => client + server),
    },
    telling: { metrics: telling('metrics'), records: telling('metrics and records'), spans: telling('everything') },
  };
};

const main = async (length: Length): Promise<DataPathFigures> => {
  const folder = mkdtempSync(join(tmpdir(), 'weft-data-path-'));
  const scene = { folder, root: await makeRoot('mesh'), behind: { httpTarget: await freePort(), http2Target: await freePort() } };
  const running: { stop(): Promise<void> }[] = [];
  const kept = <T extends { stop(): Promise<void> }>(one: T): T => {
    running.push(one);
    return one;
  };
  try {
    kept(await startApplication(folder, scene.behind));
    const pairs = new Map<Name, Pair>();
    for (const [index, name] of names.entries()) {
      const own = { ...scene, folder: join(folder, String(index)), server: serverOf(index) };
      mkdirSync(own.folder);
      const text = (ports: Ports): string => manifests(ports) + (name === 'minimal' ? '' : tellings[name]);
      pairs.set(name, kept(await (name === 'minimal' ? minimalPair(own) : weftPair(text, own))));
    }
    const sides = Object.fromEntries(pairs) as Sides<Pair>;
    return { http1: figuresOf(await rounds(sides, 'http1', length)), http2: figuresOf(await rounds(sides, 'http2', length)) };
  } finally {
    for (const one of running) await one.stop();
    rmSync(folder, { recursive: true, force: true });
  }
};

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '12' }, seconds: { type: 'string', default: '1' } } });
console.log(JSON.stringify(await main({ rounds: Number(values.rounds), seconds: Number(values.seconds) })));
