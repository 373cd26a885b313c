/** Telling a receiver of an alert that is none, and of its end: whoever set it up sees whether it works, and nothing stays open there. */
import type { ReceiverTest } from '@weft/model';
import type { Alert, Notification, Receiver } from '@weft/signals';

const reason = 'somebody tries whether this receiver is told';

const labelsFor = (namespace: string) => ({ alertname: 'weft-test', namespace, severity: 'ticket' });

const alertAt = (namespace: string, state: Alert['state']): Alert => ({
  id: `weft-test ${namespace} ${state.kind}`,
  rule: 'weft-test',
  labels: labelsFor(namespace),
  state,
  reason,
});

export interface Trial {
  readonly receiver: Receiver;
  readonly namespace: string;
  /** Unix milliseconds. */
  readonly now: number;
  readonly send: (notification: Notification) => Promise<string | undefined>;
}

export const tryReceiver = async ({ receiver, namespace, now, send }: Trial): Promise<ReceiverTest> => {
  const group = `${receiver.name} weft-test ${now}`;
  const about = { receiver: receiver.name, group, labels: labelsFor(namespace) };
  const firing = [alertAt(namespace, { kind: 'firing', since: now, fired: now })];
  const resolved = [alertAt(namespace, { kind: 'resolved', fired: now, at: now })];
  try {
    const remark = await send({ ...about, id: `${group} 1`, occasion: 'first', firing, resolved: [] });
    await send({ ...about, id: `${group} 2`, occasion: 'resolved', firing: [], resolved });
    return { told: true, ...(remark !== undefined && { remark }) };
  } catch (error) {
    return { told: false, reason: error instanceof Error ? error.message : String(error) };
  }
};
