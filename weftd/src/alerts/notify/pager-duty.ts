/** PagerDuty's Events API v2 (developer.pagerduty.com/docs/send-alert-event): one incident for each group, by its key. */
import { post } from './post.ts';
import { fingerprint, isFiring, lines, type Notify, type Told, time, title } from './told.ts';

const usualUrl = 'https://events.pagerduty.com/v2/enqueue';

/** Its words, from the loudest. */
const severities = ['critical', 'error', 'warning', 'info'] as const;
type Severity = (typeof severities)[number];

const known: Readonly<Record<string, Severity>> = { page: 'critical', ticket: 'warning' };

const severityOf = ({ notification: { firing, resolved } }: Told): Severity => {
  const said = [...firing, ...resolved].map(({ labels }) => labels['severity'] ?? '');
  const found = said.map((text) => known[text] ?? severities.find((one) => one === text));
  return severities.find((one) => found.includes(one)) ?? 'error';
};

/** `summary` may have 1024 characters. */
const longest = 1024;

export const pagerDuty: Notify<'pagerDuty'> = (told, { routingKey, url = usualUrl }, outside) => {
  const { group, labels } = told.notification;
  const event = {
    routing_key: outside.secret(routingKey).trim(),
    event_action: isFiring(told) ? 'trigger' : 'resolve',
    dedup_key: fingerprint(group),
    client: 'weft',
    client_url: told.externalUrl,
    payload: {
      summary: title(told).slice(0, longest),
      source: labels['namespace'] || 'weft',
      severity: severityOf(told),
      timestamp: time(told.now),
      custom_details: { alerts: lines(told) },
    },
  };
  return post({ url, body: event }, outside);
};
