import { findKind, kinds } from '@weft/model';
import { Argument, Command } from 'commander';
import type { Cli } from '../cli.ts';
import { podsIn } from '../pods.ts';

const bash = `_weft() {
  local IFS=$'\\n'
  COMPREPLY=($(compgen -W "$(weft __complete "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _weft weft`;

const zsh = `#compdef weft
_weft() {
  local -a found
  found=(\${(f)"$(weft __complete "\${(@)words[2,CURRENT]}" 2>/dev/null)"})
  compadd -a found
}
compdef _weft weft`;

const fish = `complete -c weft -f -a '(weft __complete (commandline -opc)[2..] (commandline -ct) 2>/dev/null)'`;

const scripts = { bash, zsh, fish } as const;

export const completionCommand = ({ terminal }: Cli): Command =>
  new Command('completion')
    .description("print a shell's completion script")
    .addArgument(new Argument('<shell>', 'which shell').choices(Object.keys(scripts)))
    .addHelpText('after', '\nExample:\n  source <(weft completion bash)')
    .action((shell: keyof typeof scripts) => terminal.out(scripts[shell]));

/** What stands before the word being completed: options and the value of an option are no arguments. */
const argumentsBefore = (words: readonly string[]): string[] =>
  words.filter((word, index) => !word.startsWith('-') && !words[index - 1]?.startsWith('-'));

const liveNames = async ({ api }: Cli, command: string, given: readonly string[]): Promise<readonly string[]> => {
  const takesWorkload = ['exec', 'logs', 'log-level', 'restart', 'config'].includes(command);
  if (takesWorkload && given.length === 0) {
    const workloads = await api.workloads();
    return [...workloads.map(({ name }) => `deploy/${name}`), ...podsIn(workloads).map(({ name }) => `pod/${name}`)];
  }
  if ((command === 'get' || command === 'delete') && given.length === 0)
    return kinds.filter(({ state }) => state === 'supported').map(({ plural }) => plural);
  if ((command === 'get' || command === 'delete') && given.length === 1) {
    const kind = findKind(given[0] ?? '');
    if (kind?.kind === 'Pod') return podsIn(await api.workloads()).map(({ name }) => name);
    return kind ? (await api.list(kind.plural)).map(({ resource }) => resource.metadata.name) : [];
  }
  return [];
};

const staticNames = (command: Command, given: readonly string[]): readonly string[] => [
  ...command.commands.filter((sub) => !sub.name().startsWith('__')).map((sub) => sub.name()),
  ...(command.registeredArguments[given.length]?.argChoices ?? []),
];

/** Answers the scripts above, from the tree of commands and the running mesh; silence where there is nothing to offer. */
export const completeCommand = (cli: Cli): Command =>
  new Command('__complete')
    .argument('[words...]')
    .allowUnknownOption()
    .passThroughOptions()
    .action(async (words: readonly string[], _options: unknown, self: Command) => {
      const root = self.parent ?? self;
      const [typing = '', ...before] = [...words].reverse();
      const given = argumentsBefore([...before].reverse());
      const command = root.commands.find((sub) => sub.name() === given[0] || sub.aliases().includes(given[0] ?? ''));
      const offered = command
        ? [...staticNames(command, given.slice(1)), ...(await liveNames(cli, command.name(), given.slice(1)).catch(() => []))]
        : staticNames(root, given);
      const options = typing.startsWith('-') ? (command ?? root).options.map((option) => option.long ?? option.short ?? '') : [];
      for (const name of [...offered, ...options]) if (name.startsWith(typing)) cli.terminal.out(name);
    });
