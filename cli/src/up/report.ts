import type { LoginLink, Status, WorkloadStatus } from '@weft/model';
import type { Terminal } from '../terminal.ts';

/** Commands that work here: the workload is one that runs, the gateway is asked only if there is one. */
const suggestions = ({ gateway, workloads }: Running): readonly string[] => {
  const meshed = workloads.filter(({ pods }) => pods.some((pod) => pod.ready && pod.proxy === 'sidecar'));
  const named = (name: string) => meshed.find((workload) => workload.name === name);
  // The shop is what most people see first: there, show the mesh at work from inside.
  const inside = named('web') && named('catalog-v1') && 'npx weft exec deploy/web -- curl -s http://catalog:8080/';
  const [first] = meshed;
  const example = inside ?? (first && `npx weft config ${first.name} -n ${first.namespace} routes`);
  return [...(gateway ? [`curl ${gateway}/`] : ['npx weft get pods']), ...(example ? [example] : []), 'npx weft ps'];
};

interface Running {
  readonly gateway: string;
  readonly workloads: readonly WorkloadStatus[];
}

export interface Report {
  /** What the mesh is called here: its folder's name. */
  readonly name: string;
  readonly status: Status;
  readonly workloads: readonly WorkloadStatus[];
  /** For the first login to the console. */
  readonly link: LoginLink;
}

/** What one wants to know when the mesh is there: where, how much, and what to try. */
export const readyReport = ({ name, status, workloads, link }: Report, { paint }: Terminal): string[] => {
  const { addresses, counts } = status;
  const width = Math.max(name.length, 'console'.length) + 3;
  return [
    '',
    `  ${name.padEnd(width)}${addresses.gateway ? paint.cyan(addresses.gateway) : '(no gateway)'}`,
    `  ${'console'.padEnd(width)}${paint.cyan(link.url)}`,
    `  ${''.padEnd(width)}good for one login; \`weft dashboard\` makes another`,
    `  ${'API'.padEnd(width)}${paint.cyan(addresses.api)}   (see \`weft token\`)`,
    '',
    `  ${counts.workloads} workloads, ${counts.proxies} sidecars and gateways, ${counts.identities} identities`,
    '',
    '  Try, in another terminal:',
    ...suggestions({ gateway: addresses.gateway, workloads }).map((command) => `    ${paint.bold(command)}`),
    '',
    '  Ctrl-C ends everything and leaves nothing behind.',
    '',
  ];
};
