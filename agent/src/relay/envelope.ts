/**
 * The envelope of a `DeltaDiscoveryResponse` (discovery.proto), taken apart and put together on the wire level:
 * a resource is a slice of bytes with a name and a version, whatever is inside. A relay that decoded resources
 * would pay for every one, and could only lose what it does not know.
 */
import { BinaryReader, BinaryWriter, WireType } from '@bufbuild/protobuf/wire';

export interface Resource {
  readonly name: string;
  readonly version: string;
  /** An encoded `envoy.service.discovery.v3.Resource`. */
  readonly bytes: Uint8Array;
}

export interface Envelope {
  readonly typeUrl: string;
  readonly nonce: string;
  readonly resources: readonly Resource[];
  readonly removed: readonly string[];
  /** Every other field with its tag, as it came (system version, control plane, errors and what newer versions add). */
  readonly rest: readonly Uint8Array[];
}

const field = { resources: 2, typeUrl: 4, nonce: 5, removed: 6 } as const;
const resourceField = { version: 1, name: 3 } as const;

/** @throws on bytes that are no message */
export const readEnvelope = (bytes: Uint8Array): Envelope => {
  const reader = new BinaryReader(bytes);
  const envelope = { typeUrl: '', nonce: '', resources: [] as Resource[], removed: [] as string[], rest: [] as Uint8Array[] };
  while (reader.pos < reader.len) {
    const start = reader.pos;
    const [number, type] = reader.tag();
    if (number === field.resources && type === WireType.LengthDelimited) envelope.resources.push(readResource(reader.bytes()));
    else if (number === field.typeUrl && type === WireType.LengthDelimited) envelope.typeUrl = reader.string();
    else if (number === field.nonce && type === WireType.LengthDelimited) envelope.nonce = reader.string();
    else if (number === field.removed && type === WireType.LengthDelimited) envelope.removed.push(reader.string());
    else {
      reader.skip(type, number);
      envelope.rest.push(bytes.subarray(start, reader.pos));
    }
  }
  return envelope;
};

const readResource = (bytes: Uint8Array): Resource => {
  const reader = new BinaryReader(bytes);
  let name = '';
  let version = '';
  while (reader.pos < reader.len) {
    const [number, type] = reader.tag();
    if (number === resourceField.name && type === WireType.LengthDelimited) name = reader.string();
    else if (number === resourceField.version && type === WireType.LengthDelimited) version = reader.string();
    else reader.skip(type, number);
  }
  return { name, version, bytes };
};

export const writeEnvelope = ({ typeUrl, nonce, resources, removed, rest }: Envelope): Uint8Array => {
  const writer = new BinaryWriter();
  for (const raw of rest) writer.raw(raw);
  for (const { bytes } of resources) writer.tag(field.resources, WireType.LengthDelimited).bytes(bytes);
  writer.tag(field.typeUrl, WireType.LengthDelimited).string(typeUrl);
  for (const name of removed) writer.tag(field.removed, WireType.LengthDelimited).string(name);
  return writer.tag(field.nonce, WireType.LengthDelimited).string(nonce).finish();
};
