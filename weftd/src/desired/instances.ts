/** The registry, as the worker last told it: the ground truth for tokens, certificates and node metadata. */
import type { Instance, Registry } from '../registry.ts';
import type { DesiredThread } from './thread.ts';

export const registryOf = ({ node }: Pick<DesiredThread, 'node'>): Registry => {
  let indexed: readonly Instance[] | undefined;
  let byName: ReadonlyMap<string, Instance> = new Map();
  return {
    find: (namespace, name) => {
      const { instances } = node();
      if (instances !== indexed) {
        byName = new Map(instances.map((instance) => [`${instance.pod.namespace}/${instance.pod.name}`, instance]));
        indexed = instances;
      }
      return byName.get(`${namespace}/${name}`);
    },
    list: () => node().instances,
  };
};
