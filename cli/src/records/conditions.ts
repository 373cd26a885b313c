/** The conditions that `weft access` and `weft tap` have in common. */
import type { Command } from 'commander';
import type { RecordsQuery } from '../api/client.ts';

export type Conditions = Omit<RecordsQuery, 'since' | 'until' | 'denial' | 'request' | 'after' | 'limit'>;

export const withConditions = (command: Command): Command =>
  command
    .option('--principal <id>', 'who asked: spiffe://…; with * at its start or end the rest is compared')
    .option('--from <workload>', 'who asked, by name or namespace/name')
    .option('--to <workload>', 'workload or service that was asked, by name or namespace/name')
    .option('--workload <workload>', 'at either end')
    .option('--address <ip>', 'IPv4 or IPv6 address at either end, or of the client behind a gateway')
    .option('--path <prefix>', 'what the path begins with')
    .option('--denied', 'only what was refused')
    .option('--failed', 'only what was refused or went wrong');

export const conditionsOf = ({ principal, from, to, workload, address, path, denied, failed }: Conditions): Conditions => ({
  ...(principal !== undefined && { principal }),
  ...(from !== undefined && { from }),
  ...(to !== undefined && { to }),
  ...(workload !== undefined && { workload }),
  ...(address !== undefined && { address }),
  ...(path !== undefined && { path }),
  ...(denied && { denied }),
  ...(failed && { failed }),
});
