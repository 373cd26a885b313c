/**
 * One document from an address that somebody wrote down: with limits of time, size and redirects, over TLS that is verified, and
 * from no address inside (`address.ts`). Node's own client, whose `lookup` decides what is connected to: between the judgement of a
 * name's addresses and the connection no second look-up can give another answer.
 */
import { type LookupAddress, lookup as systemLookup } from 'node:dns';
import { type ClientRequest, type IncomingMessage, request as overHttp } from 'node:http';
import { request as overHttps } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { maxKeySetBytes } from '@weft/model';
import { refusalOf } from './address.ts';

/** All addresses of a name. */
export type Resolve = (name: string) => Promise<readonly LookupAddress[]>;

export interface FetchLimits {
  /** Milliseconds for all of it, redirects included. */
  readonly timeout: number;
  /** Networks inside that may be asked. */
  readonly allowed: readonly string[];
}

const maxRedirects = 3;

export const resolveBySystem: Resolve = (name) =>
  new Promise((resolve, reject) => systemLookup(name, { all: true }, (error, addresses) => (error ? reject(error) : resolve(addresses))));

/** A name whose addresses are partly inside is asked at the others. */
const guarded =
  (resolve: Resolve, allowed: readonly string[]): LookupFunction =>
  (name, { all }, callback) => {
    const refuse = (error: unknown): void => callback(error instanceof Error ? error : new Error(String(error)), []);
    resolve(name).then((addresses) => {
      const open = addresses.filter(({ address }) => refusalOf(address, allowed) === undefined);
      const [first] = open;
      if (!first) return refuse(new Error(refusalOf(addresses[0]?.address ?? '', allowed) ?? `${name} has no address`));
      if (all) callback(null, open);
      else callback(null, first.address, first.family);
    }, refuse);
  };

interface Hop {
  readonly url: URL;
  readonly allowed: readonly string[];
  readonly signal: AbortSignal;
  readonly resolve: Resolve;
}

/** An address in the URL is not looked up. */
const refuseLiteral = ({ url, allowed }: Hop): void => {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const refusal = isIP(host) ? refusalOf(host, allowed) : undefined;
  if (refusal) throw new Error(refusal);
};

/** However it came about. */
const refusePeer = (sent: ClientRequest, allowed: readonly string[]): void => {
  sent.once('socket', (socket) =>
    socket.once('connect', () => {
      const refusal = refusalOf(socket.remoteAddress ?? '', allowed);
      if (refusal) sent.destroy(new Error(refusal));
    }),
  );
};

const ask = (hop: Hop): Promise<IncomingMessage> =>
  new Promise((answer, reject) => {
    const { url, allowed, signal, resolve } = hop;
    if (url.protocol !== 'http:' && url.protocol !== 'https:') throw new Error(`${url.protocol} is not asked`);
    if (url.username || url.password) throw new Error('the address holds a user name or password');
    refuseLiteral(hop);
    const options = {
      // A connection of its own: one that is kept would have been judged by another's settings.
      agent: false,
      signal,
      lookup: guarded(resolve, allowed),
      headers: { accept: 'application/json', 'accept-encoding': 'identity', 'user-agent': 'weftd' },
      maxHeaderSize: 16 * 1024,
    } as const;
    // Whatever the environment says of certificates.
    const sent = url.protocol === 'https:' ? overHttps(url, { ...options, rejectUnauthorized: true }) : overHttp(url, options);
    refusePeer(sent, allowed);
    sent.once('response', answer).once('error', reject).end();
  });

const read = async (response: IncomingMessage): Promise<string> => {
  const encoding = response.headers['content-encoding'];
  if (encoding && encoding !== 'identity') throw new Error(`the answer is packed (${encoding.slice(0, 20)})`);
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response) {
    size += (chunk as Buffer).length;
    if (size > maxKeySetBytes) throw new Error(`the answer is larger than ${maxKeySetBytes / 1024} KiB`);
    chunks.push(chunk as Buffer);
  }
  if (!response.complete) throw new Error('the answer ended early');
  return Buffer.concat(chunks).toString('utf8');
};

/** What came with TLS is not asked on without. */
const redirected = (from: URL, location: string): URL => {
  const to = new URL(location, from);
  if (from.protocol === 'https:' && to.protocol !== 'https:') throw new Error('it leads from https to http');
  return to;
};

/** @returns the body of a 200; rejects with what went wrong, in one line */
export const fetchText = async (address: string, { timeout, allowed }: FetchLimits, resolve: Resolve): Promise<string> => {
  const signal = AbortSignal.timeout(timeout);
  let url = new URL(address);
  for (let redirects = 0; redirects <= maxRedirects; redirects += 1) {
    const response = await ask({ url, allowed, signal, resolve });
    const { statusCode = 0, headers } = response;
    try {
      if (statusCode === 200) return await read(response);
    } finally {
      response.destroy();
    }
    if (statusCode < 300 || statusCode >= 400 || !headers.location) throw new Error(`the answer is ${statusCode}`);
    url = redirected(url, headers.location);
  }
  throw new Error(`it leads on more than ${maxRedirects} times`);
};
