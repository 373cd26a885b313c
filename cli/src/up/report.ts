import type { Status } from '@weft/model';
import type { Terminal } from '../terminal.ts';

const suggestions = (gateway: string): readonly string[] => [
  `curl ${gateway}/`,
  'npx weft exec deploy/web -- curl -s http://catalog:8080/',
  'npx weft ps',
];

/** What one wants to know when the mesh is there: where, how much, and what to try. */
export const readyReport = ({ addresses, counts }: Status, { paint }: Terminal): string[] => [
  '',
  `  shop   ${paint.cyan(addresses.gateway)}`,
  `  API    ${paint.cyan(addresses.api)}   (see \`weft token\`)`,
  '',
  `  ${counts.workloads} workloads, ${counts.proxies} sidecars and gateways, ${counts.identities} identities`,
  '',
  '  Try, in another terminal:',
  ...suggestions(addresses.gateway).map((command) => `    ${paint.bold(command)}`),
  '',
  '  Ctrl-C ends everything and leaves nothing behind.',
  '',
];
