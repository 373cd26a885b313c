import type { Finding } from '@weft/model';
import type { FastifyInstance } from 'fastify';
import type { Access, Caller } from '../access/access.ts';
import type { Alerts } from '../alerts/alerts.ts';
import type { Ca } from '../ca/ca.ts';
import type { DesiredThread } from '../desired/thread.ts';
import type { Live } from '../live/live.ts';
import type { Push } from '../push/contract.ts';
import type { GoldenSignalsJson, SeriesJson } from '../telemetry/golden.ts';
import type { Scrapes } from '../telemetry/scrape/thread.ts';
import type { Tally } from '../telemetry/tally.ts';
import type { Telemetry } from '../telemetry/worker/thread.ts';
import type { Agent } from './agent.ts';
import type { Names, NeededRole } from './guard.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Every route says who may ask it. */
    readonly role?: NeededRole;
  }
  interface FastifyRequest {
    /** Absent only where anyone may ask. */
    caller: Caller | undefined;
  }
}

/** What the API is made of. */
export interface ApiParts {
  readonly desired: DesiredThread;
  readonly push: Push;
  readonly ca: Ca;
  readonly access: Access;
  readonly agent: Agent;
  readonly alerts: Alerts;
  readonly telemetry: Telemetry;
  readonly tally: Tally;
  readonly scrapes: Scrapes;
  /** Of measurements, wherever they are kept. */
  readonly goldenSignals: GoldenSignalsJson;
  readonly seriesBy: SeriesJson;
  /** What changes is told here. */
  readonly live: Live;
  readonly version: string;
  /** Of the host, for the first port of the first gateway that has one. */
  readonly gatewayPort: number;
  readonly apiAddress: () => string;
  readonly names: () => Names;
}

/** One noun's endpoints. */
export type Routes = (server: FastifyInstance, parts: ApiParts) => void;

/** A refusal with an HTTP status; its message is what the user reads. */
export class Refusal extends Error {
  readonly statusCode: number;
  readonly findings: readonly Finding[];

  constructor(statusCode: number, message: string, findings: readonly Finding[] = []) {
    super(message);
    this.statusCode = statusCode;
    this.findings = findings;
  }
}
