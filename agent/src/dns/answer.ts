/**
 * Answers DNS questions from the mesh's names. Pure: bytes in, bytes or "ask outside" out.
 * What Envoy's filter gets wrong is the reason for it: AAAA of a name with IPv4 alone is an empty answer, not NXDOMAIN (RFC 4074 4.2).
 */
import { isIPv6 } from 'node:net';
import { AUTHORITATIVE_ANSWER, decode, encode, type Packet, RECURSION_AVAILABLE, RECURSION_DESIRED, TRUNCATED_RESPONSE } from 'dns-packet';

export interface Names {
  /** Lower-case host without trailing dot -> addresses of both families; a leading `*.` is a wildcard. */
  readonly names: Readonly<Record<string, readonly string[]>>;
  /** Lower-case host -> the host that it stands for. */
  readonly aliases: Readonly<Record<string, string>>;
  /** `cluster.local`: names below it exist in the mesh or nowhere. */
  readonly dnsDomain: string;
}

export type Reply =
  | { readonly kind: 'answer'; readonly message: Buffer }
  | { readonly kind: 'forward' }
  /** Ask `message`, here again, and give the answer as `canonical` makes it. */
  | { readonly kind: 'alias'; readonly message: Buffer; readonly canonical: (answer: Buffer) => Buffer }
  /** Not even a header: nothing to answer to. */
  | { readonly kind: 'drop' };

/** Short: a name that comes or goes is seen soon. */
const ttl = 5;
const headerSize = 12;
const classicSize = 512;
/** RFC 6891 6.2.5 lets a client ask for more; beyond this, fragments get lost. */
const largestUdp = 4096;

const rcodes = { noError: 0, formatError: 1, serverFailure: 2, noSuchName: 3, notImplemented: 4 } as const;
type Rcode = (typeof rcodes)[keyof typeof rcodes];

/** The addresses of a name: its own entry, else the nearest wildcard above it (RFC 4592 3.3.1). */
export const lookup = ({ names }: Names, name: string): readonly string[] | undefined => {
  if (Object.hasOwn(names, name)) return names[name];
  for (let dot = name.indexOf('.'); dot !== -1; dot = name.indexOf('.', dot + 1)) {
    const wildcard = `*${name.slice(dot)}`;
    if (Object.hasOwn(names, wildcard)) return names[wildcard];
  }
  return undefined;
};

const reply = (query: Packet, rcode: Rcode, answers: Packet['answers'] = [], authorities: Packet['authorities'] = []): Buffer =>
  encode({
    type: 'response',
    id: query.id ?? 0,
    flags: AUTHORITATIVE_ANSWER | RECURSION_AVAILABLE | ((query.flags ?? 0) & RECURSION_DESIRED) | rcode,
    questions: query.questions ?? [],
    answers,
    authorities,
    additionals: (query.additionals ?? []).some(({ type }) => type === 'OPT')
      ? [{ type: 'OPT', name: '.', udpPayloadSize: largestUdp, extendedRcode: 0, ednsVersion: 0, flags: 0, flag_do: false, options: [] }]
      : [],
  });

/** Header only, for a query whose body cannot be read or that the other side failed to answer. */
const bare = (query: Buffer, rcode: Rcode): Buffer => {
  const header = Buffer.alloc(headerSize);
  query.copy(header, 0, 0, 2);
  header.writeUInt16BE(0x8000 | (query.readUInt16BE(2) & 0x7900) | RECURSION_AVAILABLE | rcode, 2);
  return header;
};

export const serverFailure = (query: Buffer): Buffer => bare(query, rcodes.serverFailure);

/** Ours alone: nobody outside knows who has them, and the question need not leave the machine. */
const reverseOfMesh = /\.(244\.10|254\.169|240\.240|(9[6-9]|10\d|11[01])\.10)\.in-addr\.arpa$/;

const startOfAuthority = (domain: string) => ({
  type: 'SOA' as const,
  name: domain,
  ttl,
  data: { mname: `ns.${domain}`, rname: `hostmaster.${domain}`, serial: 1, refresh: 3600, retry: 600, expire: 86_400, minimum: ttl },
});

/** A stub resolver expects the alias and what it stands for in one answer (RFC 1034 5.3.1). */
const answerAlias = (query: Packet, name: string, target: string): Reply => {
  const questions = query.questions ?? [];
  const canonical = (message: Buffer): Buffer => {
    const found = decode(message);
    const answers = [{ type: 'CNAME' as const, name, ttl, data: target }, ...(found.answers ?? [])];
    return encode({ ...found, type: 'response', flags: message.readUInt16BE(2) & 0x7fff, questions, answers });
  };
  return {
    kind: 'alias',
    message: encode({ ...query, questions: questions.map((question) => ({ ...question, name: target })) }),
    canonical,
  };
};

/** The name exists or not, as it does: only its IPv6 addresses are not told, to who takes both families and would try them. */
export const withoutIPv6 = (message: Buffer): Buffer => {
  const found = decode(message);
  const answers = (found.answers ?? []).filter(({ type }) => type !== 'AAAA');
  return encode({ ...found, type: 'response', flags: message.readUInt16BE(2) & 0x7fff, answers });
};

const answerName = (query: Packet, question: { readonly name: string; readonly type: string }, names: Names): Reply => {
  const name = question.name.toLowerCase().replace(/\.$/, '');
  const authorities = [startOfAuthority(names.dnsDomain)];
  const addresses = lookup(names, name);
  if (addresses) {
    const answers = addresses
      .map((data) => ({ type: isIPv6(data) ? ('AAAA' as const) : ('A' as const), name: question.name, ttl, data }))
      .filter(({ type }) => question.type === type || question.type === 'ANY');
    return { kind: 'answer', message: reply(query, rcodes.noError, answers, answers.length === 0 ? authorities : []) };
  }
  const target = Object.hasOwn(names.aliases, name) ? names.aliases[name] : undefined;
  if (target) return answerAlias(query, question.name, target);
  const inside = name === names.dnsDomain || name.endsWith(`.${names.dnsDomain}`) || reverseOfMesh.test(name);
  if (inside) return { kind: 'answer', message: reply(query, rcodes.noSuchName, [], authorities) };
  return { kind: 'forward' };
};

export const answer = (message: Buffer, names: Names): Reply => {
  if (message.length < headerSize) return { kind: 'drop' };
  if ((message.readUInt16BE(2) & 0x8000) !== 0) return { kind: 'drop' }; // A response: answering it could loop.
  if (((message.readUInt16BE(2) >> 11) & 15) !== 0) return { kind: 'answer', message: bare(message, rcodes.notImplemented) };
  try {
    const query = decode(message);
    const [question, second] = query.questions ?? [];
    if (!question || second) return { kind: 'answer', message: bare(message, rcodes.formatError) };
    return answerName(query, question, names);
  } catch {
    return { kind: 'answer', message: bare(message, rcodes.formatError) };
  }
};

/** The largest answer that the asker takes over UDP (RFC 6891 6.2.3). */
export const udpLimit = (query: Buffer): number => {
  try {
    const option = decode(query).additionals?.find((record) => record.type === 'OPT');
    return option && 'udpPayloadSize' in option ? Math.min(largestUdp, Math.max(classicSize, option.udpPayloadSize)) : classicSize;
  } catch {
    return classicSize;
  }
};

/** An answer too long for UDP becomes its header and question with TC set: the resolver comes again over TCP (RFC 2181 9). */
export const truncated = (message: Buffer, limit: number): Buffer => {
  if (message.length <= limit) return message;
  const flags = message.readUInt16BE(2) | TRUNCATED_RESPONSE;
  try {
    const { id, questions } = decode(message);
    return encode({ type: 'response', id: id ?? 0, flags: flags & 0x7fff, questions: questions ?? [] });
  } catch {
    const header = Buffer.alloc(headerSize);
    message.copy(header, 0, 0, 2);
    header.writeUInt16BE(flags, 2);
    return header;
  }
};
