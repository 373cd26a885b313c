import type { Status } from '@weft/model';
import { Command } from 'commander';
import type { Cli } from '../cli.ts';
import { data, type Format, outputOption } from '../output.ts';
import { lossText } from '../records/losses.ts';

/** The contract for scripts: these four, whatever else the API tells. */
const contract = ({ ready, revision, addresses, counts }: Status) => ({ ready, revision, addresses, counts });

const lines = (status: Status): string[] => [
  `ready        ${status.ready ? 'yes' : `no (${status.pods.ready} of ${status.pods.desired} pods)`}`,
  `revision     ${status.revision}`,
  `gateway      ${status.addresses.gateway || '-'}`,
  `api          ${status.addresses.api || '-'}`,
  `console      ${status.addresses.console || '-'}`,
  `prometheus   ${status.addresses.prometheus || '-'}`,
  `workloads    ${status.counts.workloads}`,
  `proxies      ${status.counts.proxies}`,
  `identities   ${status.counts.identities}`,
];

export const statusCommand = ({ api, terminal }: Cli): Command =>
  new Command('status')
    .description('say whether the mesh is ready, and where it is reached')
    .addOption(outputOption('json', 'yaml'))
    .action(async (options: { readonly output?: Format }) => {
      const status = await api.status();
      terminal.out(data(contract(status), options.output) ?? lines(status).join('\n'));
      // Whoever may not read records, and while their store is away, gets the rest all the same.
      const lost = await api.recordsState().then(lossText, () => '');
      if (lost !== '') terminal.err(lost);
    });
