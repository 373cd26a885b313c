import { spinner } from '@clack/prompts';
import type { Terminal } from '../terminal.ts';

/** What is being done right now: one line that changes on a terminal, plain lines elsewhere. */
export interface Progress {
  step(text: string): void;
  done(text: string): void;
  failed(text: string): void;
  /** A line that stays, while the step goes on. */
  note(text: string): void;
  /** Ends without a word. */
  end(): void;
}

const plain = ({ err }: Terminal): Progress => {
  let last = '';
  const say = (text: string): void => {
    if (text !== last) err(`weft: ${text}`);
    last = text;
  };
  return { step: say, done: say, failed: say, note: (text) => err(`weft: ${text}`), end: () => {} };
};

const animated = ({ err }: Terminal): Progress => {
  const wheel = spinner({ output: process.stderr, indicator: 'timer' });
  let started = false;
  let last = '';
  const end = (): void => {
    if (started) wheel.clear();
    started = false;
  };
  return {
    step: (text) => {
      last = text;
      if (started) wheel.message(text);
      else wheel.start(text);
      started = true;
    },
    done: (text) => {
      wheel.stop(text);
      started = false;
    },
    failed: (text) => {
      if (started) wheel.error(text);
      started = false;
    },
    note: (text) => {
      const going = started;
      end();
      err(`weft: ${text}`);
      if (going) wheel.start(last);
      started = going;
    },
    end,
  };
};

export const createProgress = (terminal: Terminal): Progress => (terminal.interactive ? animated(terminal) : plain(terminal));
