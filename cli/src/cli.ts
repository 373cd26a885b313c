import type { Place } from '@weft/model';
import type { Api } from './api/client.ts';
import type { Terminal } from './terminal.ts';

/** What every command is given. */
export interface Cli {
  readonly terminal: Terminal;
  readonly place: Place;
  /** Connects at the first call only: most of `--help`, `analyze -f` and `completion` need no mesh. */
  readonly api: Api;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdin: NodeJS.ReadStream;
  readonly version: string;
}
