/** What the API tells of as it happens, to whoever watches: not what is now, but that it is worth reading again. */

export const liveTopics = [
  // Ready or not, how many, or another revision is planned for proxies.
  'status',
  // One connected, left, acknowledged or refused.
  'proxies',
  // Objects were written or deleted.
  'resources',
  'findings',
  // Pods and the workloads that they are of.
  'workloads',
  // One is pending, fires, is resolved or silenced.
  'alerts',
  // Another step of measurements is kept.
  'signals',
  // Another minute of who calls whom is kept.
  'topology',
  // Some came in; seldom told, however many there are.
  'records',
  // Somebody did something that is written down.
  'audit',
] as const;

export type LiveTopic = (typeof liveTopics)[number];

/** One message of `/stream`: its data, as JSON. */
export interface LiveEvent {
  /** `resync`: what was missed is not known any more, so that everything is to be read again. */
  readonly topic: LiveTopic | 'resync';
  /** Unix milliseconds: when it became so; of `signals` and `topology` the time up to which they are kept. */
  readonly time: number;
  /** Of the configuration, where the topic is about it. */
  readonly revision?: number;
  /** Of `resources`: of which kinds objects were changed. */
  readonly kinds?: readonly string[];
}
