/** `--to`, `-X`, `-H` and `--certificate` → the request that is asked about. */
import { isIP } from 'node:net';
import type { ClientCertificate, Request } from '@weft/model';
import { exitCodes, Failure } from '../exit.ts';

export interface Said {
  readonly to: string;
  readonly method: string;
  /** `name: value`, as curl has them. */
  readonly headers: readonly string[];
  /** What the client shows in TLS. */
  readonly certificate?: ClientCertificate;
  readonly clientAddress?: string;
}

const headersOf = (lines: readonly string[]): Readonly<Record<string, string | readonly string[]>> => {
  const headers = new Map<string, readonly string[]>();
  for (const line of lines) {
    const [, name = '', value = ''] = /^([^:\s]+):\s*(.*)$/.exec(line) ?? [];
    if (name === '') throw new Failure(`\`${line}\` is no header; write 'name: value'`, exitCodes.usage);
    const key = name.toLowerCase();
    headers.set(key, [...(headers.get(key) ?? []), value]);
  }
  return Object.fromEntries(
    [...headers].map(([name, [first = '', ...others]]) => [name, others.length === 0 ? first : [first, ...others]]),
  );
};

const ports: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443 };

const withScheme = (text: string): string => (/^[a-z]+:\/\//i.test(text) ? text : `http://${text}`);

const urlOf = (text: string): URL => {
  try {
    return new URL(withScheme(text));
  } catch (cause) {
    throw new Failure(`${text} is no address; write http://host:port/path, https://host or tcp://host:port`, exitCodes.usage, { cause });
  }
};

/** The path as it was typed: what looks odd in it is for the proxy to put right. */
const pathOf = (text: string): string => /^[a-z]+:\/\/[^/?#]*([/?][^#]*)/i.exec(text)?.[1] ?? '/';

const clientOf = (address: string | undefined): Pick<Request, 'clientAddress'> => {
  if (address === undefined) return {};
  if (isIP(address) === 0) throw new Failure(`${address} is no IP address`, exitCodes.usage);
  return { clientAddress: address };
};

export const questionOf = ({ to, method, headers: lines, certificate, clientAddress }: Said): Request => {
  const url = urlOf(to);
  const { protocol, hostname } = url;
  const host = hostname.replace(/^\[|\]$/g, '');
  const port = url.port === '' ? ports[protocol] : Number(url.port);
  if (port === undefined) throw new Failure(`${to} names no port`, exitCodes.usage);
  const client = clientOf(clientAddress);
  const shown = certificate === undefined ? {} : { certificate };
  if (protocol === 'tcp:') return { protocol: 'tcp', host, port, ...client };
  if (protocol === 'tls:') return { protocol: 'tls', host, port, ...shown, ...client };
  if (!(protocol in ports)) throw new Failure(`${protocol}// is not explained; write http://, https://, tls:// or tcp://`, exitCodes.usage);
  const { host: said, ...headers } = headersOf(lines);
  if (typeof said === 'object') throw new Failure('a request has one host', exitCodes.usage);
  return {
    host,
    port,
    authority: said ?? url.host,
    method,
    path: pathOf(withScheme(to)),
    headers,
    ...client,
    ...(protocol === 'https:' && { scheme: 'https', ...shown }),
  };
};
