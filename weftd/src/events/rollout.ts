/** What became of pods between two looks at the mesh, in words: for each workload one change, however many of its pods it has. */
import { canonicalOf, type MeshChange, type PodReport } from '@weft/model';
import type { NodeState } from '../desired/messages.ts';

export type Seen = Pick<NodeState, 'workloads' | 'instances'>;

interface SeenPod extends PodReport {
  readonly workload: string;
}

interface MovedPod extends SeenPod {
  readonly move: 'ready' | 'unready' | 'ended';
}

const podsIn = ({ workloads }: Seen): ReadonlyMap<string, SeenPod> =>
  new Map(workloads.flatMap(({ name, pods }) => pods.map((pod) => [pod.uid, { ...pod, workload: name }] as const)));

const counted = (count: number, what: string): readonly string[] =>
  count === 0 ? [] : [`${count} ${count === 1 ? 'pod' : 'pods'} ${what}`];

/** `namespace/app`, and the versions that run of it. */
const versionsIn = ({ instances }: Seen): ReadonlyMap<string, ReadonlySet<string>> =>
  new Map(
    [...Map.groupBy(instances, ({ pod }) => `${pod.namespace}/${canonicalOf(pod).service}`)].map(([app, members]) => [
      app,
      new Set(members.map(({ pod }) => canonicalOf(pod).revision)),
    ]),
  );

const versionChanges = (before: Seen, after: Seen, at: number): readonly MeshChange[] => {
  const [old, fresh] = [versionsIn(before), versionsIn(after)];
  const change = (app: string, version: string, what: string): MeshChange => {
    const [namespace = '', name = ''] = app.split('/', 2);
    return { at, kind: 'rollout', namespace, workload: name, words: `version ${version} of ${name} ${what}` };
  };
  const missing = (from: ReadonlySet<string> | undefined, than: ReadonlySet<string> | undefined): readonly string[] =>
    [...(from ?? [])].filter((version) => !than?.has(version));
  return [...new Set([...old.keys(), ...fresh.keys()])].flatMap((app) => [
    ...missing(fresh.get(app), old.get(app)).map((version) => change(app, version, 'appeared')),
    ...missing(old.get(app), fresh.get(app)).map((version) => change(app, version, 'is gone')),
  ]);
};

const restarts = (before: ReadonlyMap<string, SeenPod>, after: ReadonlyMap<string, SeenPod>, at: number): readonly MeshChange[] =>
  [...after.values()].flatMap(({ uid, namespace, workload, name, restarts: count }): MeshChange[] => {
    const earlier = before.get(uid)?.restarts ?? 0;
    if (count <= earlier) return [];
    return [
      {
        at,
        kind: 'restart',
        namespace,
        workload,
        words: `${name} ended and was started again, ${count === 1 ? 'once' : `${count} times`}`,
      },
    ];
  });

const podChanges = (before: ReadonlyMap<string, SeenPod>, after: ReadonlyMap<string, SeenPod>, at: number): readonly MeshChange[] => {
  const isReady = (pods: ReadonlyMap<string, SeenPod>, uid: string): boolean => pods.get(uid)?.ready === true;
  const moves = [...new Map([...before, ...after]).values()].flatMap((pod): MovedPod[] => {
    if (!after.has(pod.uid)) return [{ ...pod, move: 'ended' }];
    if (isReady(before, pod.uid) === pod.ready) return [];
    // One that is not ready yet was made a moment ago; that is said when it is ready.
    return before.has(pod.uid) || pod.ready ? [{ ...pod, move: pod.ready ? 'ready' : 'unready' }] : [];
  });
  return [...Map.groupBy(moves, ({ namespace, workload }) => `${namespace}/${workload}`).values()].map((group): MeshChange => {
    const count = (move: MovedPod['move']): number => group.filter((one) => one.move === move).length;
    const said = [
      ...counted(count('ready'), 'became ready'),
      ...counted(count('ended'), 'ended'),
      ...counted(count('unready'), 'stopped being ready'),
    ];
    const { namespace = '', workload = '' } = group[0] ?? {};
    return { at, kind: 'rollout', namespace, workload, words: `${workload}: ${said.join(', ')}` };
  });
};

export const rolloutChanges = (before: Seen, after: Seen, at: number): readonly MeshChange[] => {
  const [old, fresh] = [podsIn(before), podsIn(after)];
  return [...podChanges(old, fresh, at), ...versionChanges(before, after, at), ...restarts(old, fresh, at)];
};
