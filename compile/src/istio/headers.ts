import type { HeaderOperationSettings } from '@weft/model';
import type { HeaderOperations } from '../mesh/index.ts';

const noOperations: HeaderOperations = { set: {}, add: {}, remove: [] };

const isHost = (name: string): boolean => name.toLowerCase() === 'host' || name.toLowerCase() === ':authority';
/** Envoy refuses to change `:path` and its like by header operations; so does Istio's admission. */
const isPseudo = (name: string): boolean => name.startsWith(':');

/** By name, so that nothing depends on the order of a mapping. */
const ordinary = (headers: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(headers)
      .filter(([name]) => !isHost(name) && !isPseudo(name))
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );

export const headerOperations = (settings: HeaderOperationSettings | undefined): HeaderOperations =>
  settings === undefined
    ? noOperations
    : {
        set: ordinary(settings.set),
        add: ordinary(settings.add),
        remove: (settings.remove ?? []).filter((name) => !isHost(name) && !isPseudo(name)),
      };

/** Setting `host` is a rewrite of the host, as is adding it: a request has one [S41]. */
export const hostSetBy = (settings: HeaderOperationSettings | undefined): string | undefined =>
  [...Object.entries(settings?.set ?? {}), ...Object.entries(settings?.add ?? {})].find(([name]) => isHost(name))?.[1];
