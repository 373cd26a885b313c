/**
 * Which pods of one workload stay, go and come. New pods are made first; an old one goes when a new one is ready,
 * so that at no time fewer than `replicas` pods are there (make before break).
 */
import type { PodInstance } from './instance.ts';

export interface RolloutInput {
  readonly replicas: number;
  /** Hash of the template that is wanted now. */
  readonly template: string;
  readonly instances: readonly PodInstance[];
  readonly isReady: (instance: PodInstance) => boolean;
}

export interface Rollout {
  readonly keep: readonly PodInstance[];
  /** How many pods of the wanted template are to be made. */
  readonly create: number;
}

export const rollout = ({ replicas, template, instances, isReady }: RolloutInput): Rollout => {
  // Those that serve are kept before those that do not; then the older ones, which have proven themselves.
  const preferred = instances.toSorted(
    (a, b) => Number(isReady(b)) - Number(isReady(a)) || a.created - b.created || (a.pod.name < b.pod.name ? -1 : 1),
  );
  const current = preferred.filter((instance) => instance.template === template).slice(0, replicas);
  const serving = current.filter(isReady).length;
  const old = preferred.filter((instance) => instance.template !== template).slice(0, Math.max(0, replicas - serving));
  const kept = new Set([...current, ...old]);
  return { keep: instances.filter((instance) => kept.has(instance)), create: replicas - current.length };
};
