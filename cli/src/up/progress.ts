import { spinner } from '@clack/prompts';
import type { Terminal } from '../terminal.ts';

/** What is being done right now: one line that changes on a terminal, plain lines elsewhere. */
export interface Progress {
  step(text: string): void;
  done(text: string): void;
  failed(text: string): void;
}

const plain = ({ err }: Terminal): Progress => {
  let last = '';
  const say = (text: string): void => {
    if (text !== last) err(`weft: ${text}`);
    last = text;
  };
  return { step: say, done: say, failed: say };
};

const animated = (): Progress => {
  const wheel = spinner({ output: process.stderr, indicator: 'timer' });
  let started = false;
  return {
    step: (text) => {
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
  };
};

export const createProgress = (terminal: Terminal): Progress => (terminal.interactive ? animated() : plain(terminal));
