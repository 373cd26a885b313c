/**
 * Certificates and roots in files of this host, which DestinationRules and Gateways name. Envoy would refuse a whole response for
 * a file that is not there; asked for by name it waits for it, and hears of a new one.
 */
import { type Stats, unwatchFile, watchFile } from 'node:fs';
import { constants, type FileHandle, open, realpath, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { create } from '@bufbuild/protobuf';
import { type Encoded, encodeResource, type FileSecret, parseFileSecret } from '@weft/envoy';
import { SecretSchema } from '@weft/envoy/gen/envoy/extensions/transport_sockets/tls/v3/secret_pb.js';
import { flawOfAuthority, flawOfPair } from '@weft/model';
import { certificateReader } from '@weft/model/node';
import type { Logger } from 'pino';

/** Where distributions keep the public roots (Go's crypto/x509). */
const systemRoots = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
  '/etc/ssl/cert.pem',
];

const lookMs = 5_000;

/** Who asks: it gets no more than it could read itself. */
export interface Reader {
  readonly uid: number;
  readonly gid: number;
}

export interface FileSecretsInput {
  /** Absent: whoever runs the agent. */
  readonly reader?: Reader;
  readonly onChange: () => void;
  readonly logger: Pick<Logger, 'warn'>;
}

export interface FileSecrets {
  readonly ask: (name: string) => void;
  readonly drop: (name: string) => void;
  /** What could be read, by name. */
  readonly current: () => ReadonlyMap<string, Encoded>;
  readonly close: () => void;
}

export const isFileSecret = (name: string): boolean => parseFileSecret(name) !== undefined;

const inline = (text: string) => ({ specifier: { case: 'inlineString' as const, value: text } });

/** By the right `r` (4) or `x` (1) of owner, group or others, whichever the reader is. */
const mayUse = ({ mode, uid, gid }: Stats, right: 4 | 1, reader: Reader): boolean =>
  (mode & (uid === reader.uid ? right << 6 : gid === reader.gid ? right << 3 : right)) !== 0;

const mayEnter = async (folder: string, reader: Reader): Promise<boolean> => {
  if (!mayUse(await stat(folder), 1, reader)) return false;
  return folder === dirname(folder) || mayEnter(dirname(folder), reader);
};

const mayRead = async (path: string, file: FileHandle, reader: Reader): Promise<boolean> =>
  mayUse(await file.stat(), 4, reader) && (await mayEnter(dirname(await realpath(path)), reader));

/** All public roots are a quarter of it. */
const maxBytes = 1 << 20;

/** Whoever writes a policy names the file: devices have no end, and pipes keep whoever opens or reads them waiting. */
const readWhole = async (path: string, file: FileHandle): Promise<string> => {
  if (!(await file.stat()).isFile()) throw new Error(`${path} is no ordinary file`);
  const chunks: Buffer[] = [];
  let length = 0;
  for (;;) {
    const { bytesRead, buffer } = await file.read({ buffer: Buffer.alloc(maxBytes / 8) });
    if (bytesRead === 0) return Buffer.concat(chunks).toString('utf8');
    chunks.push(buffer.subarray(0, bytesRead));
    length += bytesRead;
    if (length > maxBytes) throw new Error(`${path} is larger than ${maxBytes} bytes`);
  }
};

/** What is asked and what is read is one file, whatever its path leads to a moment later. */
const readFor = async (path: string, reader: Reader | undefined): Promise<string> => {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
  try {
    if (reader && !(await mayRead(path, file, reader))) throw new Error(`${path} may not be read by the proxy`);
    return await readWhole(path, file);
  } finally {
    await file.close();
  }
};

const readFirst = async (paths: readonly string[], reader: Reader | undefined): Promise<string> => {
  const [path = '', ...others] = paths;
  return readFor(path, reader).catch((error: unknown) => {
    if (others.length === 0) throw error;
    return readFirst(others, reader);
  });
};

const pathsOf = (secret: FileSecret): readonly string[] => {
  if (secret.kind === 'certificate') return [secret.certificate, secret.privateKey];
  const roots = secret.roots === 'system' ? systemRoots : [secret.roots];
  return secret.revoked ? [...roots, secret.revoked] : roots;
};

/** @throws when a file cannot be read, or holds what Envoy would refuse */
const contentOf = async (secret: FileSecret, reader: Reader | undefined) => {
  if (secret.kind === 'certificate') {
    const [chain, key] = await Promise.all([readFor(secret.certificate, reader), readFor(secret.privateKey, reader)]);
    const flaw = flawOfPair(chain, key, certificateReader);
    if (flaw) throw new Error(`${flaw.part === 'key' ? secret.privateKey : secret.certificate}: ${flaw.message}`);
    return { case: 'tlsCertificate' as const, value: { certificateChain: inline(chain), privateKey: inline(key) } };
  }
  const roots = await readFirst(secret.roots === 'system' ? systemRoots : [secret.roots], reader);
  const flaw = secret.roots === 'system' ? undefined : flawOfAuthority(roots, certificateReader);
  if (flaw) throw new Error(`${secret.roots}: ${flaw.message}`);
  const crl = secret.revoked ? { crl: inline(await readFor(secret.revoked, reader)) } : {};
  return { case: 'validationContext' as const, value: { trustedCa: inline(roots), ...crl } };
};

export const openFileSecrets = ({ reader, onChange, logger }: FileSecretsInput): FileSecrets => {
  const read = new Map<string, Encoded>();
  const watched = new Map<string, () => void>();

  const look = async (name: string, secret: FileSecret): Promise<void> => {
    try {
      const type = await contentOf(secret, reader);
      if (!watched.has(name)) return;
      read.set(name, encodeResource(name, SecretSchema, create(SecretSchema, { name, type })));
      onChange();
    } catch (error) {
      // What was read before stays: a file that is being replaced is not one that was taken away.
      logger.warn(
        { secret: name, error: error instanceof Error ? error.message : String(error) },
        'a file that a policy names cannot be read',
      );
    }
  };

  const drop = (name: string): void => {
    watched.get(name)?.();
    watched.delete(name);
    read.delete(name);
  };

  return {
    ask: (name) => {
      const secret = parseFileSecret(name);
      if (!secret || watched.has(name)) return;
      const again = () => void look(name, secret);
      const paths = pathsOf(secret);
      for (const path of paths) watchFile(path, { interval: lookMs, persistent: false }, again);
      watched.set(name, () => {
        for (const path of paths) unwatchFile(path, again);
      });
      again();
    },
    drop,
    current: () => read,
    close: () => {
      for (const name of [...watched.keys()]) drop(name);
    },
  };
};
