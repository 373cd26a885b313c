/**
 * What a sidecar pair costs whose mutual TLS and ten policies Weft configures, against the same two Envoys with the least that serves:
 * turn by turn in one run, so that what else the machine does falls on both. `node bench/data-path.ts` prints a line of JSON; `npm run
 * bench` shows it in its table.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { freePort } from '../e2e/port.ts';
import { makeRoot } from '../e2e/traffic/certificates.ts';
import { startApplication } from './data-path/application.ts';
import { type HttpVersion, type Load, type Measured, startLoad } from './data-path/loader.ts';
import { minimalPair, type Pair, weftPair } from './data-path/pair.ts';
import { callers } from './data-path/places.ts';
import { manifests } from './data-path/policies.ts';
import type { DataPathFigures, PairFigures } from './table.ts';

/** Of both pairs. */
interface Sides<T> {
  readonly weft: T;
  readonly minimal: T;
}

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
  const loadOf = ({ ports }: Pair) => startLoad({ address: callers, port: protocol === 'http1' ? ports.http : ports.http2, protocol });
  const loads = { weft: await loadOf(pairs.weft), minimal: await loadOf(pairs.minimal) };
  const take = (side: keyof Sides<Pair>) => turn(pairs[side], loads[side], seconds);
  // Connections, pools and the load's own code are warm then.
  await loads.weft.run(1);
  await loads.minimal.run(1);
  const taken: Sides<Turn>[] = [];
  for (let index = 0; index < count; index += 1) {
    if (index % 2 === 0) taken.push({ weft: await take('weft'), minimal: await take('minimal') });
    else {
      const minimal = await take('minimal');
      taken.push({ weft: await take('weft'), minimal });
    }
  }
  loads.weft.stop();
  loads.minimal.stop();
  return taken;
};

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

const figuresOf = (taken: readonly Sides<Turn>[]): PairFigures => {
  /** Above 1: Weft's is worse. */
  const ratio = (of: (one: Turn) => number): number => Number(median(taken.map(({ weft, minimal }) => of(weft) / of(minimal))).toFixed(3));
  const weft = taken.map((one) => one.weft);
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
    const pairs = { weft: kept(await weftPair(manifests, scene)), minimal: kept(await minimalPair(scene)) };
    return { http1: figuresOf(await rounds(pairs, 'http1', length)), http2: figuresOf(await rounds(pairs, 'http2', length)) };
  } finally {
    for (const one of running) await one.stop();
    rmSync(folder, { recursive: true, force: true });
  }
};

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '7' }, seconds: { type: 'string', default: '3' } } });
console.log(JSON.stringify(await main({ rounds: Number(values.rounds), seconds: Number(values.seconds) })));
