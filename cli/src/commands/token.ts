import { filesOf } from '@weft/model';
import { Command } from 'commander';
import type { Cli } from '../cli.ts';

export const tokenCommand = ({ terminal, place, api }: Cli): Command =>
  new Command('token').description('say how other programs reach the API').action(async () => {
    const { token } = filesOf(place);
    const address = (await api.status()).addresses.api;
    terminal.err(`Over TCP the API wants the token of ${token} (readable by you alone):`);
    terminal.out(`curl -H "Authorization: Bearer $(cat ${token})" ${address}/api/v1/status`);
    terminal.err('The Unix socket needs none; it is yours alone too:');
    terminal.out(`curl --unix-socket ${api.socket} http://localhost/api/v1/status`);
  });
