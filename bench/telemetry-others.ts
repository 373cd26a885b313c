/** A day of traces and of what records are counted by, in the stores' own tables, and what a console asks about them. */
import { DatabaseSync } from 'node:sqlite';
import { latencyBounds, type SignalsSearch } from '@weft/model';
import type { Asked } from './telemetry-questions.ts';

interface Day {
  /** Unix milliseconds. */
  readonly start: number;
  readonly day: number;
}

const minute = 60_000;
const hour = 60 * minute;

const [workloads, callers, answers] = [250, 10, 10];
/** Of which routes are counted: a question is about one of them. */
const services = 10;
/** As many as the traces of a day that are kept by default: four spans each, all of which the gateway begins. */
const traces = 300_000;

const inOneCommit = (path: string, work: (db: DatabaseSync) => void): void => {
  const db = new DatabaseSync(path);
  db.exec('PRAGMA synchronous = OFF; BEGIN');
  work(db);
  db.exec('COMMIT');
  db.close();
};

const more = JSON.stringify({
  ...{ workload: 'workload-7', pod: 'workload-7-1', events: [] },
  attributes: {
    'http.method': 'GET',
    'http.url': 'http://workload-7:8080/entries',
    'http.status_code': '200',
    'peer.address': '10.244.0.7',
  },
});

export const fillTraces = (path: string, { start, day }: Day): void =>
  inOneCommit(path, (db) => {
    const trace = db.prepare('INSERT INTO traces VALUES (?, ?, ?, ?, 4, ?)');
    const span = db.prepare('INSERT INTO spans VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)');
    for (let index = 0; index < traces; index += 1) {
      const id = Buffer.alloc(16);
      id.writeUInt32BE(Math.imul(index, 2_654_435_761) >>> 0);
      id.writeUInt32BE(index, 12);
      const at = start + (index * day) / traces;
      const [duration, failed] = [(index % 97) * 3, Number(index % 500 === 0)];
      trace.run(id, at, at, at + duration, failed);
      for (let hop = 0; hop < 4; hop += 1) {
        const [own, parent] = [Buffer.alloc(8, hop + 1), hop === 0 ? null : Buffer.alloc(8, hop)];
        const workload = (index + hop) % workloads;
        const who = hop === 0 ? ['gateway', 'edge'] : [`workload-${workload}`, `team-${workload % 20}`];
        span.run(id, own, parent, ...who, 'call', hop % 2 === 0 ? 'server' : 'client', at + hop, Math.max(0, duration - hop), failed, more);
      }
    }
  });

const labelsOf = (service: number, caller: number, answer: number) => ({
  ...{
    reporter: 'source',
    route: `route-${answer % 3}`,
    source_workload: `workload-${service + caller}`,
    source_workload_namespace: 'team',
  },
  ...{ source_principal: `spiffe://cluster.local/ns/team/sa/workload-${service + caller}`, destination_workload: `workload-${service}` },
  ...{ destination_workload_namespace: 'team', destination_service: `workload-${service}.team.svc.cluster.local` },
  ...{ destination_service_name: `workload-${service}`, destination_service_namespace: 'team', request_protocol: 'http' },
  ...{ response_code: `${200 + answer * 33}`, grpc_response_status: '', response_flags: '-' },
});

const fillRoutes = (db: DatabaseSync, { start, day }: Day): void => {
  const service = db.prepare('INSERT INTO route_services (id, name) VALUES (?, ?)');
  const set = db.prepare('INSERT INTO route_labels (id, labels, service, last) VALUES (?, ?, ?, ?)');
  const put = db.prepare(`INSERT INTO route_counts VALUES (?, ?, ?, ?, ?${', ?'.repeat(latencyBounds.length + 1)})`);
  const buckets = [...latencyBounds, Infinity].map((_, index) => (index < 4 ? 10 : 0));
  for (let id = 0; id < services * callers * answers; id += 1) {
    const own = Math.floor(id / (callers * answers));
    const labels = labelsOf(own, Math.floor(id / answers) % callers, id % answers);
    if (id % (callers * answers) === 0) service.run(own + 1, labels.destination_service);
    set.run(id + 1, JSON.stringify(labels), own + 1, start + day);
    for (const step of [5 * minute, hour])
      for (let at = start; at < start + day; at += step) put.run(step, own + 1, at, id + 1, 47.5, ...buckets);
  }
};

const fillArrivals = (db: DatabaseSync, { start, day }: Day): void => {
  const put = db.prepare('INSERT INTO arrivals VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)');
  for (let at = start; at < start + day; at += hour)
    for (let index = 0; index < workloads * callers; index += 1) {
      const [to, from] = [Math.floor(index / callers), (Math.floor(index / callers) + (index % callers)) % workloads];
      const who = [`spiffe://cluster.local/ns/team-${from % 20}/sa/workload-${from}`, `team-${from % 20}`, `workload-${from}`, ''];
      put.run(at / hour, `team-${to % 20}`, `workload-${to}`, 8080, 'mutual TLS', ...who, 3_600, at, at + hour - 1);
    }
};

export const fillRecords = (path: string, day: Day): void =>
  inOneCommit(path, (db) => {
    fillRoutes(db, day);
    fillArrivals(db, day);
  });

export const otherQuestions = (from: number, to: number): readonly Asked[] => {
  const traced = (name: string, search: object): Asked => ({
    ...{ name: `traces: ${name}`, store: 'traces', method: 'find' },
    given: [{ from, to, limit: 100, ...search }],
  });
  const routes = (name: string, search: Omit<SignalsSearch, 'of' | 'where'>): Asked => ({
    ...{ name: `routes of one service: ${name}`, store: 'records', method: 'routeSignals' },
    given: [{ of: 'route', where: { destination_service_name: ['workload-7'] }, ...search }, to],
  });
  return [
    traced('the newest of a day', {}),
    traced('that failed', { failed: true }),
    traced('longer than any', { minDuration: 10_000 }),
    traced('of the gateway', { service: 'gateway' }),
    traced('of one service that failed', { service: 'workload-7', failed: true }),
    traced('of one namespace', { namespace: 'team-7' }),
    {
      ...{ name: 'exemplars of one service', store: 'traces', method: 'exemplars' },
      given: [{ service: 'workload-7', from, to, minDuration: 100, maxDuration: 250, limit: 100 }],
    },
    { name: 'the latest spans', store: 'traces', method: 'latest', given: [{ from: to - 5 * minute, limit: 1_000 }] },
    routes('a day', { from, to }),
    routes('a day that begins between hours', { from: from + 7 * minute, to: to - 13 * minute }),
    routes('a day, by five minutes', { from, to, step: 5 * minute }),
    routes('a day, by hours', { from, to, step: hour }),
    { name: 'who came to whom in a day, by what protected', store: 'records', method: 'arrivals', given: [{ from, to }] },
  ];
};
