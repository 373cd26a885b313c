/** The wiring of weftd: sources → store → compile (on the worker thread) → Envoys, people and the agent. */
import { randomBytes } from 'node:crypto';
import { userInfo } from 'node:os';
import { type AlertStatus, filesOf, type Place } from '@weft/model';
import { openAccess } from './access/access.ts';
import { openTokens } from './access/files.ts';
import { startAlerts } from './alerts/alerts.ts';
import { agentAt } from './api/agent.ts';
import { serveApi } from './api/server.ts';
import { openCa } from './ca/ca.ts';
import { certificateService } from './ca/service.ts';
import { registryOf } from './desired/instances.ts';
import { takeSteps } from './desired/steps.ts';
import { startDesired } from './desired/thread.ts';
import { makeDirectories } from './directories.ts';
import { startRecorder } from './events/recorder.ts';
import { makeLive } from './live/live.ts';
import { tellingMeasurements, tellingRecords, tellOfMesh } from './live/sources.ts';
import { takeLock } from './lock.ts';
import { makeAds } from './push/ads-server.ts';
import type { Log } from './push/contract.ts';
import { serveGrpc } from './push/grpc.ts';
import { byRoute } from './telemetry/by-route.ts';
import { controlPlaneMetrics } from './telemetry/control-plane.ts';
import { goldenJson, seriesJson } from './telemetry/golden.ts';
import { startHandOver } from './telemetry/hand-over/hand-over.ts';
import { startScraping } from './telemetry/metrics/scraping.ts';
import { tellOfSelf } from './telemetry/metrics/self.ts';
import { withOwnMetrics } from './telemetry/own-metrics.ts';
import { recordReceiver } from './telemetry/records/receiver.ts';
import { keepRetention, storeOptions } from './telemetry/retention.ts';
import { proxiesOf } from './telemetry/scrape/pages.ts';
import { scrapeThread } from './telemetry/scrape/thread.ts';
import { makeTally } from './telemetry/tally.ts';
import { traceReceiver } from './telemetry/traces/receiver.ts';
import { startTelemetry } from './telemetry/worker/thread.ts';

export interface TcpAddress {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
}

export interface AppConfig {
  /** Absolute; absent: the API is the only source. */
  readonly folder?: string;
  readonly place: Place;
  readonly xds: TcpAddress;
  readonly api: TcpAddress;
  /** Port of the host's 127.0.0.1 that leads to the gateway. */
  readonly gatewayPort: number;
  readonly clusterId: string;
  readonly version: string;
  readonly log: Log;
  /** Something without which weftd cannot go on has failed. */
  readonly onDeath: (error: Error) => void;
}

export interface App {
  readonly addresses: { readonly xds: string; readonly api: string };
  stop(): Promise<void>;
}

/** Ends what was started, last first, each even if another fails. */
class Started {
  readonly #ends: (() => void | Promise<void>)[] = [];
  readonly #log: AppConfig['log'];

  constructor(log: AppConfig['log']) {
    this.#log = log;
  }

  add(end: () => void | Promise<void>): void {
    this.#ends.unshift(end);
  }

  stop = async (): Promise<void> => {
    for (const end of this.#ends.splice(0)) {
      try {
        await end();
      } catch (error) {
        this.#log.warn({ err: String(error) }, 'one part did not end well');
      }
    }
  };
}

/** Who runs weftd, and so may open its socket; containers run users that no file knows by name. */
const ownerName = (): string => {
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.getuid?.() ?? 0}`;
  }
};

const start = async (config: AppConfig, started: Started): Promise<App['addresses']> => {
  const { place, clusterId, gatewayPort, log, folder } = config;
  const files = filesOf(place);
  makeDirectories(place);
  started.add(takeLock(files.weftdLock).release);

  const settings = { store: files.store, clusterId, dnsDomain: 'cluster.local', gatewayPort, ...(folder !== undefined && { folder }) };
  const desired = await startDesired({ config: settings, log, onDeath: config.onDeath }); // files, store → plans
  started.add(desired.stop);
  const registry = registryOf(desired);

  const now = Date.now;
  const telemetry = await startTelemetry({
    directory: files.telemetry,
    options: () => storeOptions(desired.node().telemetryRetention, now()),
    onTrouble: (message) => log.error({}, message),
  });
  started.add(telemetry.stop);
  started.add(desired.onNode(keepRetention(telemetry, () => desired.node().telemetryRetention)));

  const { trustDomain } = desired;
  const aliases = () => desired.node().trustDomainAliases;
  const ca = await openCa(files.ca, { trustDomain, aliases, cluster: clusterId, registry, now, random: randomBytes, logger: log });
  started.add(ca.close);

  const boot = randomBytes(4).toString('hex');
  const tally = makeTally();
  const ads = makeAds({ plan: desired.plan, registry, authenticate: ca.authenticate, trustDomain, boot, now, log, tally }); // plans → Envoy
  const xds = `${config.xds.host}:${config.xds.port}`;
  takeSteps(desired, ads, log);
  const live = makeLive({ boot, now }); // what changes → whoever watches
  started.add(live.stop);
  started.add(tellOfMesh(live, desired, ads));
  const names = { trustDomain, cluster: clusterId };
  const handOver = startHandOver({ telemetry, receivers: () => desired.node().telemetryReceivers, log }); // what is observed → others
  started.add(handOver.stop);
  started.add(desired.onNode(handOver.look));
  const spans = traceReceiver({ traces: handOver.traces, authenticate: ca.authenticate, registry, names, now, log });
  const records = recordReceiver({ records: tellingRecords(live, telemetry.records), authenticate: ca.authenticate, names, now, log });
  const grpc = await serveGrpc({
    addresses: [xds, `unix:${files.xdsSocket}`],
    identities: ca.serving,
    services: [ads.service, certificateService({ ca, now, log, tally }), records, spans],
  });
  started.add(grpc.close);

  const agent = agentAt(() => desired.node().node?.socket);
  const proxies = () => proxiesOf(desired);
  const asked = { applications: handOver.metrics, wanted: () => desired.node().measured.metrics };
  const metrics = tellingMeasurements(live, handOver.metrics);
  const scraping = startScraping({ agent, metrics, ...asked, proxies, revision: desired.plan.revision, names, now, log });
  started.add(scraping.stop);
  const connected = () => ads.proxies().filter((proxy) => proxy.connected);
  const families = () => [...controlPlaneMetrics({ version: config.version, connected: connected() }), ...tally.families()];
  started.add(tellOfSelf({ families, metrics: handOver.metrics, now }));
  const signals = byRoute(withOwnMetrics(telemetry.metrics, handOver.signals), telemetry.records, now);
  const externalUrl = `http://${config.api.host}:${config.api.port}`;
  const signer = () => ca.signer();
  const recorder = startRecorder({ desired, events: telemetry.events, signer, version: config.version, now, log }); // what happens → whoever asks later
  started.add(recorder.stop);
  const onChange = (moved: readonly AlertStatus[]): void => {
    recorder.alerts(moved);
    live.tell('alerts');
  };
  const alerts = startAlerts({ desired, push: ads, ca, query: signals, memory: files.alerts, externalUrl, log, onChange });
  started.add(alerts.stop);
  const tokens = openTokens({ admin: files.token, viewer: files.viewerToken, scraper: files.scrapeToken }, randomBytes);
  const access = await openAccess({ desired, files: tokens, now, random: randomBytes });
  const scrapes = scrapeThread();
  started.add(scrapes.stop);
  const saturations = () => desired.node().measured.saturations;
  const golden = goldenJson({ metrics: telemetry.metrics, records: telemetry.records, signals, now, isOwn: handOver.isOwn, saturations });
  const series = seriesJson({ metrics: telemetry.metrics, signals, isOwn: handOver.isOwn });
  const observed = { alerts, telemetry, scrapes, goldenSignals: golden, seriesBy: series, live };
  const parts = { desired, access, push: ads, ca, agent, tally, ...observed, version: config.version, gatewayPort };
  const api = await serveApi({ parts, owner: ownerName(), socket: files.apiSocket, tcp: config.api, log }); // everything → people, agent
  started.add(api.close);
  return { xds: `${config.xds.host}:${grpc.ports[0]}`, api: `http://${config.api.host}:${api.port}` };
};

/** Rejects, with everything ended again, when any part cannot start. */
export const startApp = async (config: AppConfig): Promise<App> => {
  const started = new Started(config.log);
  try {
    return { addresses: await start(config, started), stop: started.stop };
  } catch (error) {
    await started.stop();
    throw error;
  }
};
