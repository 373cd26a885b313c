/** Entry of the thread that writes scrapes: pages in, text out. */
import { parentPort } from 'node:worker_threads';
import { Federation } from '@weft/signals';
import { oneOfMany, oneWithApplication } from './families.ts';
import type { FromScrape, ToScrape } from './messages.ts';

/** Some are a line, others megabytes: they travel in pieces of about this many characters. */
const pieceLength = 1 << 20;

/** Those that were begun, and have not ended. */
const begun = new Map<number, Federation>();

const piecesOf = (text: Iterable<string>): readonly Uint8Array<ArrayBuffer>[] => {
  const encoder = new TextEncoder();
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  let rest = '';
  for (const part of text) {
    rest += part;
    if (rest.length < pieceLength) continue;
    pieces.push(encoder.encode(rest));
    rest = '';
  }
  return [...pieces, encoder.encode(rest)];
};

const answer = (message: ToScrape): FromScrape => {
  if (message.kind === 'begin') {
    begun.set(message.scrape, new Federation(message.format));
    return { kind: 'taken' };
  }
  const federation = begun.get(message.scrape);
  if (!federation) throw new Error('a scrape that was never begun');
  switch (message.kind) {
    case 'proxy':
      federation.add({ target: message.target, families: oneOfMany(message) });
      return { kind: 'taken' };
    case 'whole':
      federation.add({ target: {}, families: oneWithApplication(message, message.application) });
      return { kind: 'taken' };
    case 'end':
      federation.add({ target: {}, families: message.families });
      begun.delete(message.scrape);
      return { kind: 'written', pieces: piecesOf(federation.text()) };
  }
};

const post = (message: FromScrape): void => {
  const moved = message.kind === 'written' ? message.pieces.map(({ buffer }) => buffer as ArrayBuffer) : [];
  parentPort?.postMessage(message, moved);
};

parentPort?.on('message', (message: ToScrape) => {
  try {
    post(answer(message));
  } catch (error) {
    begun.delete(message.scrape);
    post({ kind: 'failed', error });
  }
});
