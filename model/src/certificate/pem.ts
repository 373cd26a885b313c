/** Blocks of PEM (RFC 7468). What is inside is the reader's to say; text around the blocks is a comment. */

export interface Block {
  readonly label: string;
  /** With the lines around it. */
  readonly pem: string;
}

const pattern = /^-----BEGIN ([A-Z0-9 ]{1,40})-----[ \t]*\r?\n[^-]*(?:-(?!----)[^-]*)*^-----END \1-----[ \t]*\r?$/gm;

export const blocksOf = (pem: string): readonly Block[] =>
  [...pem.matchAll(pattern)].map(([block, label = '']) => ({ label, pem: `${block}\n` }));

/** As many as begin: one that does not end is not a block. */
export const isWhole = (pem: string, blocks: readonly Block[]): boolean => pem.split('-----BEGIN ').length - 1 === blocks.length;
