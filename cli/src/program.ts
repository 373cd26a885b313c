import { Command, Option } from 'commander';
import type { Cli } from './cli.ts';
import { accessCommand } from './commands/access.ts';
import { alertsCommand } from './commands/alerts.ts';
import { analyzeCommand } from './commands/analyze.ts';
import { applyCommand } from './commands/apply.ts';
import { auditCommand } from './commands/audit.ts';
import { certCommand } from './commands/cert.ts';
import { completeCommand, completionCommand } from './commands/completion.ts';
import { configCommand } from './commands/config.ts';
import { dashboardCommand } from './commands/dashboard.ts';
import { deleteCommand } from './commands/delete.ts';
import { diffCommand } from './commands/diff.ts';
import { edgesCommand } from './commands/edges.ts';
import { execCommand } from './commands/exec.ts';
import { explainCommand } from './commands/explain.ts';
import { getCommand } from './commands/get.ts';
import { historyCommand } from './commands/history.ts';
import { logLevelCommand } from './commands/log-level.ts';
import { logsCommand } from './commands/logs.ts';
import { metricsCommand } from './commands/metrics.ts';
import { mtlsCommand } from './commands/mtls.ts';
import { previewCommand } from './commands/preview.ts';
import { psCommand } from './commands/ps.ts';
import { restartCommand } from './commands/restart.ts';
import { sloCommand } from './commands/slo.ts';
import { statCommand } from './commands/stat.ts';
import { statusCommand } from './commands/status.ts';
import { tapCommand } from './commands/tap.ts';
import { tokenCommand } from './commands/token.ts';
import { topCommand } from './commands/top.ts';
import { traceCommand } from './commands/trace.ts';
import { tracesCommand } from './commands/traces.ts';
import { undoCommand } from './commands/undo.ts';
import { upCommand } from './commands/up.ts';
import { versionCommand } from './commands/version.ts';
import { waitCommand } from './commands/wait.ts';
import { whyCommand } from './commands/why.ts';

/** Grouped as a person meets them. */
const groups: readonly (readonly [title: string, commands: readonly ((cli: Cli) => Command)[]])[] = [
  ['Run a mesh:', [upCommand, statusCommand, dashboardCommand, versionCommand]],
  [
    'Change it:',
    [previewCommand, applyCommand, deleteCommand, undoCommand, getCommand, historyCommand, diffCommand, waitCommand, analyzeCommand],
  ],
  ['Look into it:', [explainCommand, psCommand, configCommand, execCommand, logsCommand, logLevelCommand, restartCommand]],
  [
    'See what it does:',
    [
      statCommand,
      edgesCommand,
      topCommand,
      accessCommand,
      tapCommand,
      whyCommand,
      mtlsCommand,
      tracesCommand,
      traceCommand,
      metricsCommand,
    ],
  ],
  ['Keep it well:', [sloCommand, alertsCommand, auditCommand]],
  ['For programs:', [certCommand, tokenCommand, completionCommand]],
];

const inherit = (command: Command, parent: Command): void => {
  command.copyInheritedSettings(parent);
  for (const sub of command.commands) inherit(sub, command);
};

export const createProgram = (cli: Cli): Command => {
  const program = new Command('weft')
    .description('A service mesh for people: Istio manifests in, Envoy sidecars out, on one machine.')
    .addOption(new Option('--color <when>', 'colour the output').choices(['auto', 'always', 'never']))
    .version(cli.version, '-V, --version')
    .enablePositionalOptions()
    .showHelpAfterError('(--help says more)')
    .exitOverride();
  for (const [title, commands] of groups) {
    program.commandsGroup(title);
    for (const command of commands) program.addCommand(command(cli));
  }
  program.addCommand(completeCommand(cli), { hidden: true });
  // Sub-commands take over output and exits only when told.
  for (const command of program.commands) inherit(command, program);
  return program;
};
