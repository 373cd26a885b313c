/** A notification as every kind of receiver needs it: with what alerts are about in words. */
import { createHash } from 'node:crypto';
import { type AlertReceiver, few, type SecretKey } from '@weft/model';
import type { Alert, Notification } from '@weft/signals';
import type { Reach } from '../../outbound/guard.ts';

export interface Told {
  readonly notification: Notification;
  /** What an alert's rule is about. */
  readonly summary: (alert: Alert) => string;
  /** Where weftd's API answers. */
  readonly externalUrl: string;
  /** Unix milliseconds. */
  readonly now: number;
}

export interface Outside {
  /** Throws where there is no such key. */
  readonly secret: (key: SecretKey) => string;
  readonly reach: Reach;
  /** Of the whole attempt. */
  readonly signal: AbortSignal;
}

export type ReceiverKind = keyof AlertReceiver;

/** What was not as it should be although it was taken; undefined: nothing. */
export type Remark = string | undefined;

/** Rejects with what went wrong, in one line without credentials. */
export type Notify<Kind extends ReceiverKind> = (
  told: Told,
  receiver: NonNullable<AlertReceiver[Kind]>,
  outside: Outside,
) => Promise<Remark>;

export const fingerprint = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 16);

export const time = (ms: number): string => new Date(ms).toISOString();

export const isFiring = ({ notification }: Told): boolean => notification.firing.length > 0;

/** `[FIRING:2] error-budget-burn (namespace=shop objective=payments)`; the group's labels, or those that all have. */
export const title = (told: Told): string => {
  const { firing, resolved } = told.notification;
  const shown = firing.length > 0 ? firing : resolved;
  const names = [...new Set(shown.map(({ labels }) => labels['alertname'] ?? ''))];
  const common = Object.entries(shown[0]?.labels ?? {}).filter(
    ([key, value]) => key !== 'alertname' && shown.every(({ labels }) => labels[key] === value),
  );
  const state = firing.length > 0 ? `FIRING:${firing.length}` : 'RESOLVED';
  return `[${state}] ${few(names)} (${common.map((pair) => pair.join('=')).join(' ')})`;
};

/** One line for each alert; of very many the first. */
const mostLines = 50;

export const lines = ({ notification: { firing, resolved }, summary }: Told): readonly string[] => {
  const all = [
    ...firing.map((alert) => `firing: ${summary(alert)}: ${alert.reason}`),
    ...resolved.map((alert) => `resolved: ${summary(alert)}: ${alert.reason}`),
  ];
  return all.length <= mostLines ? all : [...all.slice(0, mostLines), `and ${all.length - mostLines} more`];
};
