/** What an Envoy counts and writes down of its traffic, against what was sent: as client and server at once, with mutual TLS between. */
import { execFileSync } from 'node:child_process';
import { createReadStream, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { request } from 'node:http';
import { connect } from 'node:http2';
import type { Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { recordFile, seriesLimits } from '@weft/envoy';
import { latencyBounds } from '@weft/model';
import {
  type AccessRecord,
  diagnose,
  type Family,
  type Labels,
  parseExposition,
  proxyMetrics,
  readRecord,
  type WorkloadLabels,
} from '@weft/signals';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { lostBetween, writtenIn } from '../../agent/src/pod/record-losses.ts';
import { endpoint, outbound } from '../../compile/src/xds/views.fixture.ts';
import { writeExposition } from '../../signals/src/prometheus/write.fixture.ts';
import { flood } from '../flood.ts';
import { until } from '../mesh.ts';
import { freePort } from '../port.ts';
import { application, exchange, identity, type Running, run } from '../traffic/loopback.ts';
import { viewOf } from '../traffic/manifests.ts';

const own: WorkloadLabels = {
  workload: 'web-1',
  namespace: 'shop',
  principal: identity,
  app: 'web',
  version: 'v2',
  cluster: 'Kubernetes',
  canonicalService: 'web',
  canonicalRevision: 'v2',
};

const manifests = ({ http, tcp, shut }: Ports): string => `
apiVersion: v1
kind: Service
metadata: { name: ledger, namespace: shop }
spec:
  selector: { app: web }
  ports: [{ name: http, port: 80, targetPort: ${http} }, { name: tcp, port: 90, targetPort: ${tcp} }, { name: tcp-shut, port: 91, targetPort: ${shut} }]
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: shut, namespace: shop }
spec: { action: DENY, rules: [{ to: [{ operation: { ports: ['${shut}'] } }] }] }
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: closed, namespace: shop }
spec: { action: DENY, rules: [{ to: [{ operation: { paths: [/closed], ports: ['${http}'] } }] }] }
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: methods, namespace: shop }
spec: { action: DENY, rules: [{ to: [{ operation: { notMethods: [GET, POST], ports: ['${http}'] } }] }] }
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: open, namespace: shop }
spec: { rules: [{}, { from: [{ source: { namespaces: [shop] } }] }] }
`;

interface Ports {
  readonly http: number;
  readonly tcp: number;
  readonly shut: number;
}

const get = (path: string) => `GET ${path} HTTP/1.1\r\nhost: ledger\r\nconnection: close\r\n\r\n`;

let servers: Server[] = [];
let envoy: Running;
let dial: Ports;
let app: Ports;

const admin = (path: string, method = 'GET'): Promise<string> =>
  new Promise((resolve, reject) => {
    const sent = request({ socketPath: join(envoy.folder, 'admin.sock'), path, method, agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk) => {
        text += chunk;
      });
      response.on('end', () => resolve(text));
    });
    sent.on('error', reject).end();
  });

const scraped = async (): Promise<readonly Family[]> => {
  const { families, faults } = parseExposition(await admin('/stats/prometheus'), 'text');
  expect(faults).toEqual([]);
  return proxyMetrics(families, own, seriesLimits);
};

const records = async (): Promise<readonly AccessRecord[]> => {
  const lines = (await readFile(join(envoy.folder, recordFile), 'utf8')).trimEnd().split('\n');
  return lines.map((line) => {
    const record = readRecord(line, own);
    if (typeof record === 'string') throw new Error(`${record}: ${line}`);
    return record;
  });
};

/** Bytes that the Envoy has in use. */
const allocated = async (): Promise<number> => Number((JSON.parse(await admin('/memory')) as { allocated: string }).allocated);

const samplesOf = (families: readonly Family[], name: string, labels: Labels) =>
  families
    .flatMap(({ samples }) => samples)
    .filter((sample) => sample.name === name && Object.entries(labels).every(([key, value]) => sample.labels[key] === value));

const sum = (families: readonly Family[], name: string, labels: Labels): number =>
  samplesOf(families, name, labels).reduce((all, { value }) => all + value, 0);

const open = 90;
const closed = 10;
const connections = 5;

beforeAll(async () => {
  const applications = [await application(), await application(), await application()];
  servers = applications.map(({ server }) => server);
  const [http = 0, tcp = 0, shut = 0] = applications.map(({ port }) => port);
  app = { http, tcp, shut };
  dial = { http: await freePort(), tcp: await freePort(), shut: await freePort() };
  const at = (port: number) => [endpoint('127.0.0.2', { port, identity })];
  const called = outbound([
    { name: 'ledger', protocol: 'auto', addresses: ['127.0.0.1'], port: dial.http, endpoints: at(http) },
    { name: 'ledger-bytes', protocol: 'tcp', addresses: ['127.0.0.1'], port: dial.tcp, endpoints: at(tcp) },
    { name: 'ledger-shut', protocol: 'tcp', addresses: ['127.0.0.1'], port: dial.shut, endpoints: at(shut) },
  ]);
  envoy = await run({ ...viewOf(manifests(app)), outbound: called }, dial.http);
  const paths = [...Array(open).fill('/entries?token=secret'), ...Array(closed).fill('/closed')];
  for (const path of paths) await exchange('127.0.0.1', dial.http, get(path));
  for (let index = 0; index < connections; index += 1) await exchange('127.0.0.1', dial.tcp, 'hello');
  await until('all is counted', async () => {
    const families = await scraped();
    const requests = sum(families, 'istio_requests_total', {});
    const ended = sum(families, 'istio_tcp_connections_closed_total', {});
    // Histograms are there from the next flush on, five seconds later.
    const timed = sum(families, 'istio_request_duration_milliseconds_count', {});
    return requests + timed === 4 * (open + closed) && ended === 2 * connections ? true : undefined;
  });
  await until('all is written', async () => ((await records()).length === 2 * (open + closed + connections) ? true : undefined));
}, 120_000);

afterAll(async () => {
  await envoy?.stop();
  for (const server of servers) server.close();
});

/** Two messages, of three bytes and of none. */
const framed = '\0\0\0\0\x03abc\0\0\0\0\0';

describe('metrics [S140]', () => {
  test('both ends count every request once, by what came of it', async () => {
    const families = await scraped();
    for (const reporter of ['source', 'destination']) {
      const requests = (response_code: string) => sum(families, 'istio_requests_total', { reporter, response_code });
      expect([requests('200'), requests('403')]).toEqual([open, closed]);
      for (const name of ['istio_request_duration_milliseconds', 'istio_request_bytes', 'istio_response_bytes'])
        expect(sum(families, `${name}_count`, { reporter })).toBe(open + closed);
    }
  });

  const both = {
    source_workload: 'web-1',
    source_canonical_service: 'web',
    source_canonical_revision: 'v2',
    source_workload_namespace: 'shop',
    source_principal: identity,
    source_app: 'web',
    source_version: 'v2',
    source_cluster: 'Kubernetes',
    destination_workload: 'web-1',
    destination_canonical_service: 'web',
    destination_canonical_revision: 'v2',
    destination_workload_namespace: 'shop',
    destination_principal: identity,
    destination_app: 'web',
    destination_version: 'v2',
    destination_cluster: 'Kubernetes',
    destination_service: 'ledger.shop.svc.cluster.local',
    destination_service_name: 'ledger',
    destination_service_namespace: 'shop',
    response_flags: '-',
  };

  test('labels are Istio’s, the peer’s from its certificate [S123, S142]', async () => {
    const served = samplesOf(await scraped(), 'istio_requests_total', { response_code: '200' });
    const http = { ...both, request_protocol: 'http', response_code: '200' };
    expect(served.map(({ labels }) => labels)).toEqual([
      { ...http, reporter: 'destination', connection_security_policy: 'mutual_tls' },
      { ...http, reporter: 'source', connection_security_policy: 'unknown' },
    ]);
  });

  test('connections are counted when they open and when they end, with their bytes', async () => {
    const families = await scraped();
    for (const reporter of ['source', 'destination']) {
      const counted = (name: string) => sum(families, name, { reporter, request_protocol: 'tcp' });
      expect(counted('istio_tcp_connections_opened_total')).toBe(connections);
      expect(counted('istio_tcp_connections_closed_total')).toBe(connections);
      expect(counted('istio_tcp_received_bytes_total')).toBe(connections * 'hello'.length);
      expect(counted('istio_tcp_sent_bytes_total')).toBe(connections * '[hello]'.length);
    }
    const [opened] = samplesOf(families, 'istio_tcp_connections_opened_total', { reporter: 'destination' });
    expect(opened?.labels).toEqual({ ...both, reporter: 'destination', request_protocol: 'tcp', connection_security_policy: 'mutual_tls' });
  });

  test('what is refused before anybody serves it was opened, too, and is closed [S140]', async () => {
    const total = async (name: string, reporter: string): Promise<number> =>
      sum(await scraped(), `istio_tcp_connections_${name}_total`, { reporter });
    const before = await total('closed', 'destination');
    // By a policy, and by a handshake that fails.
    await exchange('127.0.0.1', dial.shut, 'hello').catch(() => '');
    await exchange('127.0.0.2', app.tcp, '\x16\x03\x01\x00\x05hello').catch(() => '');
    await until('they are closed', async () => ((await total('closed', 'destination')) === before + 2 ? true : undefined), 10_000);
    for (const reporter of ['source', 'destination']) expect(await total('opened', reporter)).toBe(await total('closed', reporter));
  });

  test('durations are counted in the buckets that objectives know [E42]', async () => {
    const buckets = samplesOf(await scraped(), 'istio_request_duration_milliseconds_bucket', { reporter: 'source', response_code: '200' });
    expect(buckets.map(({ labels }) => labels['le'])).toEqual([...latencyBounds.map(String), '+Inf']);
  });

  test('a scrape is text that is read again, and nothing overflowed', async () => {
    const families = await scraped();
    const { families: again, faults } = parseExposition(writeExposition(families, 'openmetrics'), 'openmetrics');
    expect(faults).toEqual([]);
    expect(sum(again, 'istio_requests_total', {})).toBe(2 * (open + closed));
    expect(sum(again, 'weft_metrics_overflow', {})).toBe(0);
  });

  test('gRPC is told by what was asked, whatever the answer, and its messages are counted [S141]', async () => {
    const head = `content-type: application/grpc+proto\r\ncontent-length: ${framed.length}\r\nconnection: close`;
    await exchange('127.0.0.1', dial.http, `POST / HTTP/1.1\r\nhost: ledger\r\n${head}\r\n\r\n${framed}`);
    const counted = await until('it is counted', async () => {
      const families = await scraped();
      return sum(families, 'istio_requests_total', { request_protocol: 'grpc' }) === 2 ? families : undefined;
    });
    for (const reporter of ['destination', 'source']) {
      expect(sum(counted, 'istio_requests_total', { reporter, request_protocol: 'grpc' })).toBe(1);
      const [messages, ...others] = samplesOf(counted, 'istio_request_messages_total', { reporter });
      expect([messages?.value, others.length]).toEqual([2, 0]);
      const { response_flags: _, ...labels } = both;
      expect(messages?.labels).toEqual({ ...labels, reporter });
    }
  });
});

describe('records', () => {
  const request = async (side: AccessRecord['side'], status: number): Promise<AccessRecord> => {
    const found = (await records()).find((record) => record.side === side && record.request?.status === status);
    if (!found) throw new Error('no such record');
    return found;
  };

  test('say who asked whom for what, by which certificate', async () => {
    const record = await request('destination', 200);
    const party = { principal: identity, namespace: 'shop', workload: 'web-1', app: 'web', version: 'v2', cluster: 'Kubernetes' };
    expect(record).toMatchObject({
      source: { ...party, client: '127.0.0.1' },
      destination: { ...party, service: 'ledger.shop.svc.cluster.local', address: `127.0.0.2:${app.http}` },
      request: { method: 'GET', host: 'ledger', path: '/entries', status: 200 },
      mtls: true,
      tls: { version: 'TLSv1.3', serverName: `outbound_.${dial.http}_._.ledger.shop.svc.cluster.local` },
      details: 'via_upstream',
      verdict: { kind: 'allowed', rule: { namespace: 'shop', name: 'open', rule: 0 } },
    });
    expect(record.tls?.serial).toMatch(/^[0-9a-f]{16,}$/);
    expect(record.source.address).toMatch(/^127\.0\.0\.1:\d+$/);
  });

  test('say which rule refused, under the id that the caller was given', async () => {
    const answer = await exchange('127.0.0.1', dial.http, get('/closed'));
    const [, id] = /x-weft-denial-id: (\S+)/.exec(answer) ?? [];
    const record = await until('it is written', async () => (await records()).find((one) => one.request?.denial === id));
    expect(record.verdict).toMatchObject({ kind: 'denied', by: 'policy', rule: { namespace: 'shop', name: 'closed', rule: 0 } });
  });

  test('of a gRPC call that was refused have its status, which is not that of HTTP', async () => {
    const head = `content-type: application/grpc+proto\r\ncontent-length: ${framed.length}\r\nconnection: close`;
    const answer = await exchange('127.0.0.1', dial.http, `POST /closed HTTP/1.1\r\nhost: ledger\r\n${head}\r\n\r\n${framed}`);
    const [, id] = /x-weft-denial-id: (\S+)/.exec(answer) ?? [];
    const server = await until('it is written', async () => (await records()).find((one) => one.request?.denial === id));
    const call = { method: 'POST', path: '/closed', status: 200, grpcStatus: '7' };
    expect(server).toMatchObject({ request: call, verdict: { kind: 'denied', by: 'policy', rule: { name: 'closed' } } });
    const caller = await until('its caller told it too', async () =>
      (await records()).find(({ side, request: part }) => side === 'source' && part?.id === server.request?.id),
    );
    expect(caller.request).toMatchObject(call);
  });

  test('of one request are joined by its id, and say why it failed', async () => {
    const server = await request('destination', 403);
    const caller = (await records()).find(({ side, request: part }) => side === 'source' && part?.id === server.request?.id);
    expect(caller?.request?.status).toBe(403);
    expect(diagnose({ server, ...(caller && { caller }) })).toMatchObject({
      hop: 'policy',
      words: 'refused by policy: rule 0 of AuthorizationPolicy shop/closed',
    });
  });

  test('of connections have their bytes', async () => {
    const [first] = (await records()).filter(({ side, request: part }) => side === 'destination' && !part);
    expect(first).toMatchObject({
      protocol: 'TCP',
      received: 5,
      sent: 7,
      mtls: true,
      destination: { service: 'ledger.shop.svc.cluster.local' },
    });
  });

  test('of a connection that was refused say by which rule', async () => {
    await exchange('127.0.0.1', dial.shut, 'hello').catch(() => '');
    const ofPort = ({ side, destination }: AccessRecord): boolean => side === 'destination' && destination.address.endsWith(`:${app.shut}`);
    const found = await until('it is written', async () => (await records()).find(ofPort));
    expect(found).toMatchObject({ mtls: true, source: { principal: identity }, sent: 0 });
    expect(found.verdict).toMatchObject({ kind: 'denied', by: 'policy', rule: { namespace: 'shop', name: 'shut', rule: 0 } });
  });

  test('hold no secret of a query, and no request ends its own line', async () => {
    const id = '"}\\';
    const head = `x-request-id: ${id}\r\nauthorization: Bearer hidden\r\nconnection: close`;
    await exchange('127.0.0.1', dial.http, `GET /a"},{"v":1?password=hidden HTTP/1.1\r\nhost: ledger\r\n${head}\r\n\r\n`);
    const found = await until('it is written', async () => (await records()).find((one) => one.request?.path.startsWith('/a')));
    expect(found.request).toMatchObject({ path: '/a%22%7D,%7B%22v%22:1', id });
    const text = await readFile(join(envoy.folder, recordFile), 'utf8');
    expect(text).not.toContain('hidden');
    expect(text).not.toContain('token');
  });

  test('of a long path are short', async () => {
    await exchange('127.0.0.1', dial.http, get(`/${'x'.repeat(30_000)}`));
    const found = await until('it is written', async () => (await records()).find((one) => one.request?.path.startsWith('/xx')));
    expect(found.request?.path).toHaveLength(1024);
  });
});

/** As many records as there is room for, then none, and again when there is room: as root on a disk of its own. */
test.runIf(process.getuid?.() === 0)('a full disk costs records, which are counted, and no request', async () => {
  // What this machine has mounted of meshes is watched by others.
  const disk = mkdtempSync(join(tmpdir(), 'full-disk-'));
  const [path, put] = [join(envoy.folder, recordFile), join(disk, recordFile)];
  const reopened = async (file: string): Promise<void> => {
    rmSync(path, { force: true });
    if (file !== path) symlinkSync(file, path);
    await admin('/reopen_logs', 'POST');
  };
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'full', disk]);
  try {
    renameSync(path, join(envoy.folder, 'before.jsonl'));
    await reopened(put);
    const written = async () => writtenIn(await admin('/stats?filter=filesystem'));
    const linesThere = (): number => readFileSync(put, 'utf8').split('\n').length - 1;
    const ask = (count: number) =>
      flood({ address: '127.0.0.1', port: dial.http, count, head: () => get('/entries').replace('close', 'keep-alive') });
    const settled = async () => {
      await sleep(500);
      return written();
    };
    const before = await settled();
    expect(await ask(1_000)).toEqual({ 200: 1_000 });
    const full = await settled();
    expect(full.lines - before.lines).toBe(2_000);
    const lost = 2_000 - linesThere();
    expect(lost).toBeGreaterThan(1_000);
    expect(Math.abs(lostBetween(before, full) - lost)).toBeLessThan(100);
    // The agent puts the file aside, and weftd takes it.
    renameSync(put, join(disk, 'aside.jsonl'));
    rmSync(join(disk, 'aside.jsonl'));
    await reopened(put);
    expect(await ask(50)).toEqual({ 200: 50 });
    expect(lostBetween(full, await settled())).toBe(0);
    expect(linesThere()).toBe(100);
  } finally {
    await reopened(path);
    await sleep(300);
    execFileSync('umount', [disk]);
    rmSync(disk, { recursive: true });
  }
});

/** What would break a line, a label, a table or a terminal, if anything could. */
const breaking = ['"', "'", '\\', '{}', '","v":2', ',', ';', '%0a', '=1+1', '%1b[31m', '\xff', '<b>', '$(id)'];

/** Methods that a policy refuses, so that they end at the server's proxy; sent to it by somebody without mutual TLS. */
const hostileHead = (index: number): string => {
  const odd = breaking[index % breaking.length] ?? '';
  const method = ['PUT', 'DELETE', 'PATCH', 'OPTIONS', 'PURGE'][index % 5] ?? '';
  const headers = [`host: h${index}.example`, `x-request-id: r${index}${odd}`, `user-agent: ${odd}`];
  return `${method} /hostile/p${index}${odd.replaceAll(/[^!-~]/g, '')} HTTP/1.1\r\n${headers.join('\r\n')}\r\n\r\n`;
};

/** By HTTP/2, whose methods may be anything. */
const hostileMethods = async (from: number, to: number): Promise<void> => {
  const session = connect(`http://127.0.0.2:${app.http}`);
  const ask = (index: number): Promise<void> =>
    new Promise((resolve, reject) => {
      const head = { ':method': `M${index}`, ':path': `/hostile/m${index}`, ':authority': `m${index}.example` };
      session.request(head, { endStream: true }).on('error', reject).on('close', resolve).resume();
    });
  for (let at = from; at < to; at += 50) await Promise.all(Array.from({ length: Math.min(50, to - at) }, (_, index) => ask(at + index)));
  session.close();
};

/** By way of the caller's proxy to hosts that the mesh does not know. */
const calledHead = (index: number): string => `GET /hostile/c${index} HTTP/1.1\r\nhost: c${index}.example\r\n\r\n`;

const megabyte = 1_000_000;

test('hosts, paths and methods that nobody has seen before make no new series, no memory grows by them, and no line breaks', {
  timeout: 1_800_000,
}, async () => {
  const scale = process.env.WEFT_LONG === '1' ? 20 : 1;
  const part = { served: 46_000 * scale, methods: 2_000 * scale, called: 2_000 * scale };
  const series = async (): Promise<string> =>
    JSON.stringify(
      (await scraped())
        .filter(({ name }) => name.startsWith('istio_'))
        .flatMap(({ samples }) => samples.map(({ name, labels }) => [name, labels]))
        .sort(),
    );
  const address = '127.0.0.1';
  /** From one share of all to another. */
  const send = async (from: number, to: number): Promise<void> => {
    const piece = (count: number) => ({ first: Math.round(count * from), count: Math.round(count * to) - Math.round(count * from) });
    const [served, called, methods] = [piece(part.served), piece(part.called), piece(part.methods)];
    const refused = await flood({
      ...{ address: '127.0.0.2', port: app.http, count: served.count },
      head: (index) => hostileHead(served.first + index),
    });
    expect(refused).toEqual({ 403: served.count });
    const passed = await flood({ address, port: dial.http, count: called.count, head: (index) => calledHead(called.first + index) });
    expect(passed).toEqual({ 200: called.count });
    await hostileMethods(methods.first, methods.first + methods.count);
  };
  // Histograms follow within five seconds.
  const flushed = (): Promise<true> =>
    until('all durations are there', async () => {
      const families = await scraped();
      const missing = sum(families, 'istio_requests_total', {}) - sum(families, 'istio_request_duration_milliseconds_count', {});
      return missing === 0 ? true : undefined;
    });
  await send(0, 0.1);
  await flushed();
  const [few, memory] = [await series(), await allocated()];
  await send(0.1, 1);
  await flushed();
  expect(await series()).toBe(few);
  expect((await allocated()) - memory).toBeLessThan(4 * megabyte);
  let hostile = 0;
  for await (const line of createInterface({ input: createReadStream(join(envoy.folder, recordFile)) })) {
    const record = readRecord(line, own);
    if (typeof record === 'string') throw new Error(`${record}: ${line}`);
    if (record.request?.path.startsWith('/hostile/')) hostile += 1;
  }
  expect(hostile).toBe(part.served + part.methods + 2 * part.called);
});
