/** Every kind of receiver. */
import type { AlertReceiver } from '@weft/model';
import { alertmanager } from './alertmanager.ts';
import { email } from './email.ts';
import { pagerDuty } from './pager-duty.ts';
import { slack } from './slack.ts';
import type { Notify, Outside, ReceiverKind, Remark, Told } from './told.ts';
import { webhook } from './webhook.ts';

const notifiers: { readonly [Kind in ReceiverKind]-?: Notify<Kind> } = { webhook, slack, pagerDuty, email, alertmanager };

export const kindOf = (receiver: AlertReceiver): ReceiverKind => {
  const [kind = 'webhook'] = Object.keys(receiver) as ReceiverKind[];
  return kind;
};

/** Resolves when it was taken. */
export const notify = async (told: Told, receiver: AlertReceiver, outside: Outside): Promise<Remark> => {
  const kind = kindOf(receiver);
  // A receiver has one kind, and with it that kind's fields.
  return (notifiers[kind] as Notify<ReceiverKind>)(told, receiver[kind] as never, outside);
};
