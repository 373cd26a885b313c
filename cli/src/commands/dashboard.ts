import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type LoginLink, type PersonRole, personRoles } from '@weft/model';
import { Command, Option } from 'commander';
import type { Cli } from '../cli.ts';
import { data, type Format, outputOption } from '../output.ts';

interface DashboardOptions {
  readonly printUrl?: boolean;
  readonly role: PersonRole;
  readonly output?: Format;
}

/** Where nobody sits before a screen, a browser would open on none, or in the terminal. */
const hasScreen = (env: Cli['env']): boolean => [env['DISPLAY'], env['WAYLAND_DISPLAY']].some((one) => one !== undefined && one !== '');

/** @returns whether something took it. */
const opened = async (url: string): Promise<boolean> => {
  const child = spawn('xdg-open', [url], { stdio: 'ignore' });
  const failed = once(child, 'error').then(() => false);
  const ended = once(child, 'exit').then(([code]) => code === 0);
  return Promise.race([failed, ended]);
};

const minutes = ({ expires }: LoginLink): number => Math.round((expires - Date.now()) / 60_000);

const open = async ({ api, terminal, env }: Cli, { printUrl, role, output }: DashboardOptions): Promise<void> => {
  const link = await api.loginLink({ role });
  const text = data(link, output);
  if (text) return terminal.out(text);
  if (printUrl || !hasScreen(env) || !(await opened(link.url))) terminal.out(link.url);
  terminal.err(`good for one login as ${link.role}, within ${minutes(link)} minutes`);
};

export const dashboardCommand = (cli: Cli): Command =>
  new Command('dashboard')
    .description('open the console in a browser, logged in')
    .option('--print-url', 'print the link instead, which is good for one login')
    .addOption(new Option('--role <role>', 'what may be done there').choices([...personRoles]).default('admin'))
    .addOption(outputOption('json', 'yaml'))
    .action((options: DashboardOptions) => open(cli, options));
