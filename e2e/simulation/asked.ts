/** One question to Envoy: where it is dialled, how, and what comes back. */
import { explain, inbound, type View } from '@weft/compile';
import { httpToken, tcpToken, virtualInbound, virtualOutbound } from '@weft/envoy';
import type { ClientCertificate, Passage, Request } from '@weft/model';
import { clientHello, exchange, exchangeInside } from './bytes.ts';
import { type Dialled, type Encryption, elsewhere } from './client.ts';
import type { Keys } from './keys.ts';
import type { Stage } from './stage.ts';
import type { Question } from './targets.ts';

/** A question to one case, and what `explain` says of it. */
export interface At {
  readonly index: number;
  readonly question: Question;
  readonly request: Request;
  readonly passage: Passage;
  /** As it was emitted: `0.0.0.0_80`. */
  readonly listener: string;
  readonly dialled: Dialled;
}

const pairOf = ({ mesh, known, unknown }: Keys, certificate: ClientCertificate): Encryption['pair'] =>
  certificate === 'mesh' ? mesh : certificate === 'known' ? known : unknown;

const isName = (host: string): boolean => /[a-z]/i.test(host) && !/[:*]/.test(host);

/** Mesh TLS is known by its tokens. */
const encryptionOf = ({ question, request }: Pick<At, 'question' | 'request'>, keys: Keys): Encryption | undefined => {
  const serverName = isName(request.host) ? request.host : '';
  if (question.kind === 'arrival') {
    const { mtls, content } = question.arrival;
    if (mtls) return { serverName, alpn: [content === 'http' ? httpToken : tcpToken], pair: keys.mesh };
    return content === 'tls' ? { serverName, alpn: ['h2', 'http/1.1'] } : undefined;
  }
  const { protocol = 'http', scheme, certificate } = request;
  if (protocol !== 'tls' && scheme !== 'https') return undefined;
  const pair = certificate && pairOf(keys, certificate);
  const isHttp = protocol === 'http';
  const alpn = certificate === 'mesh' ? [isHttp ? httpToken : tcpToken] : isHttp ? ['http/1.1'] : ['h2', 'http/1.1'];
  return { serverName, alpn, ...(pair && { pair }) };
};

/** The address in a listener's name; none where it is all. */
const addressIn = (listener: string): string | undefined => {
  const address = listener.slice(0, listener.lastIndexOf('_'));
  return /^[\d.]+$|:/.test(address) && address !== '0.0.0.0' && address !== '::' ? address : undefined;
};

/** What the kernel does with a connection: to the very address, to any, or to the listener that captures. */
const placeOf = ({ places }: Stage, index: number, { dialled, role }: { readonly dialled: string; readonly role: View['role'] }) => {
  const port = dialled.slice(dialled.lastIndexOf('_') + 1);
  const names = [dialled, `0.0.0.0_${port}`, `::_${port}`, ...(role === 'sidecar' ? [virtualOutbound] : [])];
  return names.map((name) => places.get(`${index}/${name}`)).find((place) => place !== undefined);
};

interface Asking {
  readonly stage: Stage;
  readonly keys: Keys;
  readonly view: View;
}

/** @returns nothing where nobody listens */
export const prepared = (index: number, question: Question, { stage, keys, view }: Asking): At | undefined => {
  const isCall = question.kind === 'call';
  const request = isCall ? question.request : question.arrival.request;
  const passage = isCall ? explain(view, request) : inbound(view, question.arrival);
  const bind = isCall ? undefined : view.inbound.ports.find(({ port }) => port === request.port)?.bind;
  const address = isCall ? (request.address ?? addressIn(passage.listener) ?? elsewhere) : (bind ?? elsewhere);
  const dialled = `${address}_${request.port}`;
  const place = isCall
    ? placeOf(stage, index, { dialled, role: view.role })
    : stage.places.get(`${index}/${bind === undefined ? virtualInbound : dialled}`);
  if (!place) return undefined;
  const encryption = encryptionOf({ question, request }, keys);
  const told = address.startsWith('/') ? elsewhere : address;
  const connection = { socket: place.socket, address: told, port: request.port, isTold: true, ...(encryption && { encryption }) };
  return { index, question, request, passage, listener: place.name, dialled: connection };
};

const hello = Buffer.from('hello\n');

/** Whether it is asked in HTTP: what `explain` takes for bytes is sent as bytes. */
export const isHttp = ({ question, request, passage }: At): boolean => {
  const isCarried = passage.virtualHost === '' && passage.clusters.length > 0;
  if (question.kind === 'arrival') return question.arrival.content === 'http' && !(question.arrival.mtls && isCarried);
  const { protocol = 'http', scheme } = request;
  return protocol === 'http' && !(scheme === 'https' && isCarried);
};

/** Who answers to bytes; empty: nobody. */
export const answerTo = async ({ question, dialled }: At): Promise<string> => {
  const { encryption } = dialled;
  if (!encryption) return exchange(dialled, hello);
  // A program's own TLS within the mesh's.
  const own = question.kind === 'arrival' && question.arrival.mtls && question.arrival.content === 'tls';
  return exchangeInside(dialled, encryption, own ? await clientHello({ serverName: '', alpn: ['h2'] }) : hello);
};
