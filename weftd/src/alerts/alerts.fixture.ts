/** An engine of alerts on a clock that tests turn, with measurements that tests make. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AlertReceiver, type AlertStatus, meshSettings, parse } from '@weft/model';
import { certificateReader as certificates } from '@weft/model/node';
import type { Notification, SeenNow, SignalsQuery } from '@weft/signals';
import { grown, type Measurement, measured } from '../../../signals/src/query.fixture.ts';
import { configurationOf } from './configuration.ts';
import { Engine } from './engine.ts';
import { type Memory, openMemory } from './memory.ts';

export const second = 1000;
export const minute = 60_000;

export const calm: SeenNow = { proxies: [], certificates: [] };

/** What a receiver was told: `first: 1 firing, 0 resolved`. */
export interface Heard {
  readonly at: number;
  readonly receiver: string;
  readonly notification: Notification;
}

export interface Stage {
  now: number;
  readonly heard: Heard[];
  /** Alerts at each time that they came into another state. */
  readonly changed: AlertStatus[];
  readonly measurements: Measurement[];
  /** Throws where the receiver cannot be told. */
  refuse: (receiver: AlertReceiver) => void | Promise<void>;
  /** Who was told is not remembered, as if weftd were killed just then. */
  lose: boolean;
  engine: Engine;
  /** As after `kill -9`: a new engine reads what the old one had written. */
  restart(): void;
  apply(text: string): void;
  /** In ten seconds: so many requests, some of which fail. */
  requests(counts: { readonly good: number; readonly bad: number }): void;
  /** Ten seconds go by, in steps of one. */
  pass(): Promise<void>;
  end(): void;
}

const labels = {
  reporter: 'source',
  source_workload: 'web',
  destination_service: 'payments.shop.svc.cluster.local',
  destination_service_name: 'payments',
  destination_service_namespace: 'shop',
  grpc_response_status: '',
};

/** @param query where measurements are kept; those of the stage unless told */
export const stageAt = (start: number, query?: SignalsQuery): Stage => {
  const folder = mkdtempSync(join(tmpdir(), 'weft-alerts-'));
  let memory: Memory;
  let configured = '';
  const sight = calm;
  const engineOf = (): Engine => {
    memory = openMemory(join(folder, 'alerts.db'));
    return new Engine({
      query: query ?? measured(stage.measurements),
      memory,
      notify: async ({ notification }, receiver) => {
        await stage.refuse(receiver);
        stage.heard.push({ at: stage.now - start, receiver: notification.receiver, notification });
        if (stage.lose) await new Promise(() => {});
        return undefined;
      },
      resolve: async () => [],
      now: () => stage.now,
      uid: () => 'silence-1',
      warn: () => {},
      changed: (alerts) => void stage.changed.push(...alerts),
    });
  };
  const configure = (): void => {
    const { resources, findings } = parse({ text: configured, file: 'alerts.yaml', origin: { source: 'file' } });
    if (findings.some(({ severity }) => severity === 'error')) throw new Error(JSON.stringify(findings));
    stage.engine.configure(configurationOf(resources, { settings: meshSettings(resources), instances: [], certificates }), 'http://weft');
    stage.engine.see(sight);
  };
  const stage = {
    now: start,
    heard: [],
    changed: [],
    measurements: [],
    refuse: () => {},
    lose: false,
    restart: () => {
      memory.close();
      stage.engine = engineOf();
      configure();
    },
    apply: (text) => {
      configured = text;
      configure();
    },
    requests: ({ good, bad }) => {
      const at = stage.now - (stage.now % (10 * second));
      stage.measurements.push(grown('istio_requests_total', { ...labels, response_code: '200' }, [at, good]));
      stage.measurements.push(grown('istio_requests_total', { ...labels, response_code: '503' }, [at, bad]));
    },
    pass: async () => {
      for (let index = 0; index < 10; index += 1) {
        stage.now += second;
        await stage.engine.tick();
        // What is told is told meanwhile.
        await new Promise(setImmediate);
      }
    },
    end: () => {
      memory.close();
      rmSync(folder, { recursive: true });
    },
  } as Partial<Stage> as Stage;
  stage.engine = engineOf();
  return stage;
};
