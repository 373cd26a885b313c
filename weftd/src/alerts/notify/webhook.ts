/** Alertmanager's webhook, version 4 (prometheus.io/docs/alerting/latest/configuration/#webhook_config): what reads its messages reads these. */
import type { Alert } from '@weft/signals';
import { addressed, post } from './post.ts';
import { fingerprint, isFiring, type Notify, type Told, time } from './told.ts';

/** Go's zero time: it has not ended. */
const never = '0001-01-01T00:00:00Z';

export const alertBody = (alert: Alert, { summary, externalUrl, now }: Told) => {
  const { state, labels, id, reason } = alert;
  const startsAt = time(state.kind === 'pending' ? state.since : state.fired);
  return {
    status: state.kind === 'resolved' ? 'resolved' : 'firing',
    labels,
    annotations: { summary: summary(alert), description: reason },
    startsAt,
    endsAt: state.kind === 'resolved' ? time(Math.min(state.at, now)) : never,
    generatorURL: `${externalUrl}/api/v1/alerts`,
    fingerprint: fingerprint(id),
  };
};

const commonOf = (all: readonly Readonly<Record<string, string>>[]): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(all[0] ?? {}).filter(([key, value]) => all.every((one) => one[key] === value)));

const bodyOf = (told: Told) => {
  const { firing, resolved, receiver, group, labels } = told.notification;
  const alerts = [...firing, ...resolved].map((alert) => alertBody(alert, told));
  return {
    version: '4',
    groupKey: group,
    truncatedAlerts: 0,
    status: isFiring(told) ? 'firing' : 'resolved',
    receiver,
    groupLabels: labels,
    commonLabels: commonOf(alerts.map((alert) => alert.labels)),
    commonAnnotations: commonOf(alerts.map(({ annotations }) => annotations)),
    externalURL: told.externalUrl,
    alerts,
  };
};

/** The key is the same for the same telling, should it come twice because weftd was killed in between. */
export const webhook: Notify<'webhook'> = (told, endpoint, outside) => {
  const { url, headers } = addressed(endpoint, outside);
  return post({ url, headers: { ...headers, 'idempotency-key': fingerprint(told.notification.id) }, body: bodyOf(told) }, outside);
};
