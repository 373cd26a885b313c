/**
 * The last acknowledged configuration of one Envoy, on disk: a checksum, a line that says whose it is, then one
 * `DeltaDiscoveryResponse` per type. It is read whole or not at all, and is replaced by rename. A gateway's holds the certificates
 * that it serves with their keys, so it lies beside the identity's own key and is as private (decision 12).
 */
import { createHash } from 'node:crypto';
import { readEnvelope, writeEnvelope } from './envelope.ts';
import type { Configuration } from './subscription.ts';

export interface Snapshot {
  /** Envoy's node id: another address or another pod is another configuration [R8]. */
  readonly node: string;
  readonly savedAt: number;
  readonly configuration: Configuration;
}

const magic = 'weft-configuration-1';

export const encodeSnapshot = ({ node, savedAt, configuration }: Snapshot): Buffer => {
  const types = [...configuration].map(([typeUrl, resources]) =>
    writeEnvelope({ typeUrl, nonce: '', resources: [...resources.values()], removed: [], rest: [] }),
  );
  const header = Buffer.from(`${JSON.stringify({ node, savedAt, lengths: types.map(({ length }) => length) })}\n`);
  const body = Buffer.concat([header, ...types]);
  return Buffer.concat([Buffer.from(`${magic} ${digest(body)}\n`), body]);
};

/** @throws if a single bit is not as it was written */
export const decodeSnapshot = (file: Buffer): Snapshot => {
  const firstLine = file.indexOf(0x0a);
  const body = file.subarray(firstLine + 1);
  if (firstLine < 0 || file.subarray(0, firstLine).toString('latin1') !== `${magic} ${digest(body)}`)
    throw new Error('the saved configuration is damaged');
  const headerEnd = body.indexOf(0x0a);
  const { node, savedAt, lengths } = JSON.parse(body.subarray(0, headerEnd).toString('utf8')) as Omit<Snapshot, 'configuration'> & {
    lengths: number[];
  };
  let offset = headerEnd + 1;
  const configuration = new Map(
    lengths.map((length) => {
      const { typeUrl, resources } = readEnvelope(body.subarray(offset, offset + length));
      offset += length;
      return [typeUrl, new Map(resources.map((resource) => [resource.name, resource]))];
    }),
  );
  return { node, savedAt, configuration };
};

const digest = (body: Uint8Array): string => createHash('sha256').update(body).digest('hex');
