/** The conditions that `weft access`, `weft tap` and `weft top` have in common. A mistake in one is told before anything is asked. */
import { isIP } from 'node:net';
import { type Command, InvalidArgumentError } from 'commander';
import type { RecordsQuery } from '../api/client.ts';

export type Conditions = Omit<RecordsQuery, 'since' | 'until' | 'denial' | 'request' | 'after' | 'limit'>;

const workload = (text: string): string => {
  if (!/^[^/\s]+(?:\/[^/\s]+)?$/.test(text)) throw new InvalidArgumentError('write a name, or namespace/name.');
  return text;
};

const address = (text: string): string => {
  if (isIP(text) === 0) throw new InvalidArgumentError('write an IPv4 or IPv6 address, without a port.');
  return text;
};

/** Whole, or a part of one: nothing else was ever written down. */
const principal = (text: string): string => {
  if (!/^(?:spiffe:\/\/|\*)/.test(text)) throw new InvalidArgumentError('write an identity, spiffe://…, or a part of one behind a *.');
  return text;
};

const path = (text: string): string => {
  if (!text.startsWith('/')) throw new InvalidArgumentError('write how the path begins, with its first slash.');
  return text;
};

const code = (text: string): string => {
  if (!/^[1-5](xx|\d\d)$/.test(text)) throw new InvalidArgumentError('write a status: 503, or 5xx.');
  return text;
};

/** A number of lines or records. */
export const countUpTo =
  (most: number) =>
  (text: string): number => {
    const number = Number(text);
    if (!/^\d+$/.test(text) || number < 1 || number > most) throw new InvalidArgumentError(`write a number from 1 to ${most}.`);
    return number;
  };

export const withConditions = (command: Command): Command =>
  command
    .option('--principal <id>', 'who asked: spiffe://…; with * at its start or end the rest is compared', principal)
    .option('--from <workload>', 'who asked, by name or namespace/name', workload)
    .option('--to <workload>', 'workload or service that was asked, by name or namespace/name', workload)
    .option('--workload <workload>', 'at either end', workload)
    .option('--address <ip>', 'IPv4 or IPv6 address at either end, or of the client behind a gateway', address)
    .option('--path <prefix>', 'what the path begins with', path)
    .option('--method <method>', 'GET, POST …')
    .option('--code <status>', 'status of the answer: 503, or 5xx', code)
    .option('--denied', 'only what was refused')
    .option('--failed', 'only what was refused or went wrong');

export const conditionsOf = (options: Conditions): Conditions => ({
  ...(options.principal !== undefined && { principal: options.principal }),
  ...(options.from !== undefined && { from: options.from }),
  ...(options.to !== undefined && { to: options.to }),
  ...(options.workload !== undefined && { workload: options.workload }),
  ...(options.address !== undefined && { address: options.address }),
  ...(options.path !== undefined && { path: options.path }),
  ...(options.method !== undefined && { method: options.method }),
  ...(options.code !== undefined && { code: options.code }),
  ...(options.denied && { denied: options.denied }),
  ...(options.failed && { failed: options.failed }),
});
