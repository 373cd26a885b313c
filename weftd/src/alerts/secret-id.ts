import type { SecretKey } from '@weft/model';

/** Of a file of its own: the thread that tells receivers loads nothing of the compiler for it. */
export const secretId = (namespace: string, { name, key }: SecretKey): string => `${namespace}/${name}/${key}`;
