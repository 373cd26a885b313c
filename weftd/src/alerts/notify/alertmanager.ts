/**
 * Hand-over to a real Alertmanager, API v2 (its `api/v2/openapi.yaml`), as Prometheus does it: it groups, silences and tells; what fires is
 * sent again and again, and ends by itself when nobody does any more.
 */
import { addressed, post } from './post.ts';
import { type Notify, time } from './told.ts';
import { alertBody } from './webhook.ts';

/** How often what fires is sent again, in milliseconds; Prometheus' `rules.alert.resend-delay`. */
export const resendDelay = 60_000;
/** As Prometheus: four times as long as until the next time. */
const life = 4 * resendDelay;

export const alertmanager: Notify<'alertmanager'> = (told, endpoint, outside) => {
  const { url, headers } = addressed(endpoint, outside);
  const { firing, resolved } = told.notification;
  const body = [...firing, ...resolved].map((alert) => {
    const { labels, annotations, startsAt, endsAt, generatorURL } = alertBody(alert, told);
    const isOver = alert.state.kind === 'resolved';
    return { labels, annotations, startsAt, endsAt: isOver ? endsAt : time(told.now + life), generatorURL };
  });
  return post({ url: `${url.trim().replace(/\/$/, '')}/api/v2/alerts`, ...(headers && { headers }), body }, outside);
};
