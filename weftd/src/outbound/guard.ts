/**
 * What every connection out of weftd goes through: no address inside (`address.ts`), whatever a name, a redirect or a resolver says.
 * The look-up itself decides what is connected to: between the judgement of a name's addresses and the connection no second look-up
 * can give another answer.
 */
import { type LookupAddress, lookup as systemLookup } from 'node:dns';
import { connect, isIP, type LookupFunction, type Socket } from 'node:net';
import { refusalOf } from './address.ts';

/** All addresses of a name. */
export type Resolve = (name: string) => Promise<readonly LookupAddress[]>;

export interface Reach {
  /** Networks inside that may be connected to. */
  readonly allowed: readonly string[];
  readonly resolve: Resolve;
}

export const resolveBySystem: Resolve = (name) =>
  new Promise((resolve, reject) => systemLookup(name, { all: true }, (error, addresses) => (error ? reject(error) : resolve(addresses))));

/** Of a name, or of an address that stands for one, those that may be connected to. Rejects where there are none. */
export const openAddresses = async (host: string, reach: Reach): Promise<readonly string[]> => {
  refuseLiteral(host, reach);
  if (isIP(host)) return [host];
  const found = await reach.resolve(host);
  const open = found.map(({ address }) => address).filter((address) => refusalOf(address, reach.allowed) === undefined);
  if (open.length === 0) throw new Error(refusalOf(found[0]?.address ?? '', reach.allowed) ?? `${host} has no address`);
  return open;
};

/** A name whose addresses are partly inside is asked at the others. */
export const guardedLookup =
  ({ resolve, allowed }: Reach): LookupFunction =>
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

/** An address that stands for a name is not looked up. Throws where it is inside. */
export const refuseLiteral = (host: string, { allowed }: Reach): void => {
  const plain = host.replace(/^\[|\]$/g, '');
  const refusal = isIP(plain) ? refusalOf(plain, allowed) : undefined;
  if (refusal) throw new Error(refusal);
};

/** However it came about. */
export const refusePeer = (socket: Socket, { allowed }: Reach): void => {
  socket.once('connect', () => {
    const refusal = refusalOf(socket.remoteAddress ?? '', allowed);
    if (refusal) socket.destroy(new Error(refusal));
  });
};

export interface Peer {
  readonly host: string;
  readonly port: number;
}

/** A connection without a protocol, for those that speak another than HTTP. */
export const dial = ({ host, port }: Peer, reach: Reach, signal: AbortSignal): Promise<Socket> =>
  new Promise((resolve, reject) => {
    refuseLiteral(host, reach);
    const socket = connect({ host, port, lookup: guardedLookup(reach), signal });
    refusePeer(socket, reach);
    socket.once('error', reject).once('connect', () => {
      if (socket.destroyed) return;
      socket.off('error', reject);
      resolve(socket);
    });
  });
