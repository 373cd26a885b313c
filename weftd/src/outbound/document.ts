/** One document from an address that somebody wrote down; redirects are followed a few times. */
import { exchange, type Reply } from './exchange.ts';
import type { Reach } from './guard.ts';

export interface DocumentLimits {
  /** Milliseconds for all of it, redirects included. */
  readonly timeout: number;
  readonly maxBytes: number;
}

const maxRedirects = 3;

/** What came with TLS is not asked on without. */
const redirected = (from: URL, { status, headers }: Reply): URL => {
  if (status < 300 || status >= 400 || !headers.location) throw new Error(`the answer is ${status}`);
  const to = new URL(headers.location, from);
  if (from.protocol === 'https:' && to.protocol !== 'https:') throw new Error('it leads from https to http');
  return to;
};

/** @returns the body of a 200; rejects with what went wrong, in one line */
export const fetchText = async (address: string, { timeout, maxBytes }: DocumentLimits, reach: Reach): Promise<string> => {
  const signal = AbortSignal.timeout(timeout);
  let url = new URL(address);
  for (let redirects = 0; redirects <= maxRedirects; redirects += 1) {
    const reply = await exchange({ url, method: 'GET' }, reach, { signal, maxBytes });
    if (reply.status === 200) return reply.body;
    url = redirected(url, reply);
  }
  throw new Error(`it leads on more than ${maxRedirects} times`);
};
