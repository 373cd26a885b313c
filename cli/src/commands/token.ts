import { filesOf, type Role, roles, type TokenStatus } from '@weft/model';
import { Command, Option } from 'commander';
import type { Cli } from '../cli.ts';
import { type Column, data, type Format, outputOption, printable, table } from '../output.ts';
import { milliseconds } from '../times.ts';

const columns: readonly Column<TokenStatus>[] = [
  { title: 'NAME', value: ({ name }) => printable(name) },
  { title: 'ROLE', value: ({ role }) => role },
  { title: 'CREATED', value: ({ created }) => new Date(created).toISOString() },
  { title: 'BY', value: ({ by }) => printable(by) },
  {
    title: 'EXPIRES',
    value: ({ expires, expired }) => (expires === undefined ? 'never' : `${new Date(expires).toISOString()}${expired ? ' (over)' : ''}`),
  },
];

const tell = async ({ terminal, place, api }: Cli): Promise<void> => {
  const { token } = filesOf(place);
  const address = (await api.status()).addresses.api;
  terminal.err(`Over TCP the API wants a token: that of ${token} (readable by you alone), or one that \`weft token create\` makes:`);
  terminal.out(`curl -H "Authorization: Bearer $(cat ${token})" ${address}/api/v1/status`);
  terminal.err('The Unix socket needs none; it is yours alone too:');
  terminal.out(`curl --unix-socket ${api.socket} http://localhost/api/v1/status`);
};

interface CreateOptions {
  readonly role: Role;
  readonly expires?: number;
  readonly output?: Format;
}

const create = async ({ terminal, api }: Cli, name: string, { role, expires, output }: CreateOptions): Promise<void> => {
  const made = await api.createToken({ name, role, ...(expires !== undefined && { expires: Date.now() + expires }) });
  terminal.out(data(made, output) ?? made.token);
  terminal.err(`the token ${name} (${role}) is told this once`);
};

export const tokenCommand = (cli: Cli): Command =>
  new Command('token')
    .description('say how other programs reach the API, and make tokens for them')
    .action(() => tell(cli))
    .addCommand(
      new Command('create')
        .description('make a token; it is printed once')
        .argument('<name>', 'whose it is, as the audit log will call it')
        .addOption(new Option('--role <role>', 'what it may do').choices([...roles]).makeOptionMandatory())
        .addOption(new Option('--expires <time>', 'after this time, like 720h (default: never)').argParser(milliseconds))
        .addOption(outputOption('json', 'yaml'))
        .action((name: string, options: CreateOptions) => create(cli, name, options)),
    )
    .addCommand(
      new Command('list')
        .description('list the tokens that were made')
        .addOption(outputOption('json', 'yaml'))
        .action(async ({ output }: { readonly output?: Format }) => {
          const items = await cli.api.tokens();
          const text = data({ items }, output);
          if (text || items.length > 0) cli.terminal.out(text ?? table(items, columns));
          else cli.terminal.err('no tokens but those of the files in the mesh’s home');
        }),
    )
    .addCommand(
      new Command('revoke')
        .description('end a token, and the sessions that it opened')
        .argument('<name>', 'of the token')
        .action(async (name: string) => {
          await cli.api.revokeToken(name);
          cli.terminal.err(`the token ${name} is good no more`);
        }),
    );
