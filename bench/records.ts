/**
 * What records cost: `node bench/records.ts [--records N] [--days N]` takes N of them as an agent sends them, on one core, and asks for those
 * of one identity in one hour. Figures are shown, nothing is asserted.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { RecordQuery } from '@weft/signals';
import { requestOf } from '../agent/src/records/request.ts';
import { openRecords, type Records } from '../weftd/src/telemetry/records/records.ts';

const { values } = parseArgs({ options: { records: { type: 'string', default: '1000000' }, days: { type: 'string', default: '1' } } });
const total = Number(values.records);
const days = Number(values.days);

const dayMs = 86_400_000;
const begin = Date.UTC(2026, 10, 1);
const batch = 1_000;
const workloads = 200;
/** Milliseconds between one and the next. */
const stretch = (days * dayMs) / total;

const hex = (number: number, digits: number): string => number.toString(16).padStart(digits, '0');
/** Spread as random ids are, and the same in each run. */
const idOf = (index: number): string => {
  const mixed = Math.imul(index, 2_654_435_761) >>> 0;
  return `${hex(mixed, 8)}-13eb-4e76-8f70-${hex(index, 12)}`;
};

/** As Envoy writes it of a request that was served. */
const lineOf = (index: number): Buffer => {
  const from = Math.imul(index, 40_503) % workloads;
  const caller = Math.abs(from);
  return Buffer.from(
    JSON.stringify({
      v: 1,
      kind: 'http',
      side: 'destination',
      time: new Date(begin + index * stretch).toISOString(),
      ms: index % 90,
      method: 'POST',
      host: 'ledger:8080',
      path: `/entries/${index % 5_000}`,
      protocol: 'HTTP/2',
      status: index % 50 === 0 ? 503 : 200,
      details: 'via_upstream',
      route: 'default',
      received: 12,
      sent: 34,
      peer: `10.244.0.${caller}:${20_000 + (index % 40_000)}`,
      client: `10.244.0.${caller}`,
      local: '10.244.0.8:8080',
      upstream: '10.244.0.8:8080',
      cluster: 'inbound|8080||',
      service: 'ledger.shop.svc.cluster.local',
      principal: `spiffe://cluster.local/ns/shop/sa/caller-${caller}`,
      name: `caller-${caller}.caller-${caller}.v1.Kubernetes.meta.mesh`,
      serial: 'c17fb1a0c17fb1a0c17fb1a0c17fb1a0',
      tls: 'TLSv1.3',
      cipher: 'TLS_AES_128_GCM_SHA256',
      sni: 'outbound_.80_._.ledger.shop.svc.cluster.local',
      rule: 'ns[shop]-policy[ledger]-rule[2]',
      request: idOf(index),
    }),
  );
};

const owner = {
  ...{ uid: 'bench', namespace: 'shop', name: 'ledger-1', serviceAccount: 'ledger', labels: { app: 'ledger', version: 'v2' } },
  workload: { kind: 'Deployment', name: 'ledger' },
};

const mesh = { trustDomain: 'cluster.local', cluster: 'Kubernetes' };

const requestFrom = (first: number): Uint8Array => {
  const lines = Array.from({ length: Math.min(batch, total - first) }, (_, index) => lineOf(first + index));
  return requestOf([{ owner, spool: 'bench', number: first / batch, from: 0, to: 1, lines, damaged: 0, dropped: 0 }]);
};

interface Spent {
  readonly wallMs: number;
  readonly cpuMs: number;
}

const ingest = (records: Records): Spent => {
  const spent = { wallMs: 0, cpuMs: 0 };
  for (let first = 0; first < total; first += batch) {
    const request = requestFrom(first);
    const [wall, cpu] = [performance.now(), process.cpuUsage()];
    records.take(request, mesh, begin + first * stretch);
    const { user, system } = process.cpuUsage(cpu);
    spent.wallMs += performance.now() - wall;
    spent.cpuMs += (user + system) / 1_000;
  }
  return spent;
};

const timed = (records: Records, query: RecordQuery): string => {
  const times = Array.from({ length: 5 }, () => {
    const before = performance.now();
    const found = records.query(query).length;
    return { ms: performance.now() - before, found };
  });
  const [first] = times;
  return `${first?.found} records, first time ${first?.ms.toFixed(0)} ms, then ${Math.min(...times.map(({ ms }) => ms)).toFixed(0)} ms`;
};

const hour = { since: begin + (days * dayMs) / 2, until: begin + (days * dayMs) / 2 + 3_600_000 };
const principal = 'spiffe://cluster.local/ns/shop/sa/caller-7';

const questions: readonly (readonly [name: string, query: RecordQuery])[] = [
  ['by principal and hour, the newest 100', { principal, ...hour, limit: 100 }],
  ['by principal and hour, all', { principal, ...hour, limit: 10_000 }],
  ['by principal, hour and path', { principal, ...hour, path: '/entries/1', limit: 10_000 }],
  ['by who was called and hour', { to: { name: 'ledger' }, ...hour, limit: 100 }],
  ['by path, the newest 100', { path: '/entries/77', limit: 100 }],
  ['by a path that nobody asked for', { path: '/nothing', limit: 100 }],
  ['by a path that all begin with', { path: '/', limit: 100 }],
  ['by workload, at either end', { workload: { name: 'caller-7' }, limit: 100 }],
  ['what went wrong', { failed: true, limit: 100 }],
  ['what an address touched', { address: '10.244.0.7', limit: 100 }],
  ['by request id', { request: idOf(Math.floor(total / 2)), limit: 10 }],
  ['what was refused, of which there is nothing', { denied: true, limit: 100 }],
];

const home = mkdtempSync(join(tmpdir(), 'weft-bench-records-'));
try {
  const path = join(home, 'requests.db');
  const records = openRecords(path, { maxBytes: Math.max(2 * 1024 ** 3, 512 * total), maxAgeMs: 100 * dayMs });
  const { wallMs, cpuMs } = ingest(records);
  const perSecond = (ms: number): string => Math.round((total / ms) * 1_000).toLocaleString('en');
  console.log(`${total.toLocaleString('en')} records: ${perSecond(cpuMs)} for a second of CPU, ${perSecond(wallMs)} a second by the clock`);
  console.log(`${Math.round(records.state().bytes / total)} bytes each`);
  for (const [name, query] of questions) console.log(`${name}: ${timed(records, query)}`);
  records.close();
} finally {
  rmSync(home, { recursive: true, force: true });
}
