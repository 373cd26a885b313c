/** Flags of the benchmark, and nothing else. */
import { parseArgs } from 'node:util';

export interface Options {
  /** External load generator that speaks the protocol of `client.ts`; absent: our own. */
  readonly loader: string | undefined;
  /** Folder of manifests; absent: one is written. */
  readonly mesh: string | undefined;
  readonly json: boolean;
  readonly proxies: number;
  readonly connecting: number;
  readonly rounds: number;
  readonly services: number;
  readonly endpoints: number;
  readonly namespaces: number;
  /** Folder for CPU profiles of weftd, for whoever makes it faster. */
  readonly profile: string | undefined;
}

export const usage = `npm run bench -- [flags]
  --loader PATH      external load generator instead of our own client
  --mesh DIR         manifests to serve instead of a mesh written by the benchmark
  --proxies N        proxies that synchronise (100)
  --connecting N     proxies that connect at once for the event loop's stall (200)
  --rounds N         changes of each kind, of which the median is shown (5)
  --services N --endpoints N --namespaces N   size of the mesh that is written (1000, 5, 10)
  --profile DIR      write a CPU profile of weftd there
  --json             end with one line of JSON`;

const flags = {
  loader: { type: 'string' },
  mesh: { type: 'string' },
  json: { type: 'boolean', default: false },
  proxies: { type: 'string', default: '100' },
  connecting: { type: 'string', default: '200' },
  rounds: { type: 'string', default: '5' },
  services: { type: 'string', default: '1000' },
  endpoints: { type: 'string', default: '5' },
  namespaces: { type: 'string', default: '10' },
  profile: { type: 'string' },
} as const;

const count = (name: string, text: string): number => {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new Error(`--${name} takes a whole number, not ${text}`);
  return value;
};

export const readOptions = (args: readonly string[]): Options => {
  const { values } = parseArgs({ args: [...args], options: flags });
  const numbers = (['proxies', 'connecting', 'rounds', 'services', 'endpoints', 'namespaces'] as const).map(
    (name) => [name, count(name, values[name])] as const,
  );
  return {
    loader: values.loader,
    mesh: values.mesh,
    json: values.json,
    profile: values.profile,
    ...(Object.fromEntries(numbers) as Record<(typeof numbers)[number][0], number>),
  };
};
