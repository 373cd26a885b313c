import { findKind, type WaitResult } from '@weft/model';
import { Command, Option } from 'commander';
import type { ObjectWait } from '../api/client.ts';
import type { Cli } from '../cli.ts';
import { exitCodes, Failure } from '../exit.ts';
import { data, type Format, namespaceOption, outputOption } from '../output.ts';
import { milliseconds } from '../times.ts';

interface WaitOptions {
  readonly for: 'applied' | ObjectWait['for'];
  readonly timeout: number;
  readonly namespace?: string;
  readonly output?: Format;
}

/** `vs/catalog`, `vs catalog`; absent where everything is waited for. */
const objectOf = (kindText: string | undefined, nameText: string | undefined, options: WaitOptions): ObjectWait | undefined => {
  const [kindPart = '', name, ...more] = [...(kindText ?? '').split('/'), ...(nameText === undefined ? [] : [nameText])];
  if (options.for === 'applied') {
    if (kindText === undefined) return undefined;
    throw new Failure('`--for applied` is about everything; for one object write `--for programmed`', exitCodes.usage);
  }
  const kind = findKind(kindPart);
  if (!kind || !name || more.length > 0) throw new Failure(`name the object that shall be ${options.for}: KIND/NAME`, exitCodes.usage);
  return { for: options.for, kind: kind.kind, name, ...(options.namespace !== undefined && { namespace: options.namespace }) };
};

const whyNot = ({ revision, pending, condition }: WaitResult): string =>
  condition?.message ?? `revision ${revision} was not acknowledged in time by: ${pending.join(', ') || 'the control plane itself'}`;

/** Who was not waited for. */
const notOf = ({ strangers = [] }: WaitResult): string =>
  strangers.length === 0 ? '' : `; not acknowledged by proxies that are no pods of this mesh: ${strangers.join(', ')}`;

export const waitCommand = ({ api, terminal }: Cli): Command =>
  new Command('wait')
    .description('return when every proxy has acknowledged the current revision, or when an object is accepted or programmed')
    .argument('[kind]', 'of the object, in any spelling; KIND/NAME is one argument')
    .argument('[name]', 'of the object')
    .addOption(new Option('--for <condition>', 'what to wait for').choices(['applied', 'accepted', 'programmed']).makeOptionMandatory())
    .addOption(new Option('--timeout <time>', 'give up after').argParser(milliseconds).default(30_000, '30s'))
    .addOption(namespaceOption())
    .addOption(outputOption('json', 'yaml'))
    .action(async (kind: string | undefined, name: string | undefined, options: WaitOptions) => {
      const object = objectOf(kind, name, options);
      const result = await api.wait(options.timeout, object);
      const text = data(result, options.output);
      if (text) terminal.out(text);
      if (!result.applied) throw new Failure(whyNot(result));
      if (!text) terminal.err(`${object ? (result.condition?.message ?? '') : `revision ${result.revision} is applied`}${notOf(result)}`);
    });
