/** PEM (RFC 7468): what stands between the lines; text around the blocks is a comment. */
import { fromBase64 } from './base64.ts';

export interface Block {
  readonly label: string;
  /** Absent: what is inside is no base64. */
  readonly der?: Uint8Array;
}

const pattern = /^-----BEGIN ([A-Z0-9 ]{1,40})-----[ \t]*\r?\n([^-]*)^-----END \1-----[ \t]*\r?$/gm;

export const blocksOf = (pem: string): readonly Block[] =>
  [...pem.matchAll(pattern)].map(([, label = '', content = '']) => {
    const der = fromBase64(content);
    return { label, ...(der && der.length > 0 && { der }) };
  });

/** As many as begin: one that does not end is not a block. */
export const isWhole = (pem: string, blocks: readonly Block[]): boolean => pem.split('-----BEGIN ').length - 1 === blocks.length;
