/** Secrets of 256 bits: what is kept of them proves them and does not give them away, and needs no salt. */
import { createHash, timingSafeEqual } from 'node:crypto';

const bytes = 32;

export type RandomBytes = (count: number) => Buffer;

export const newSecret = (random: RandomBytes): string => random(bytes).toString('base64url');

/** What is kept of a secret. */
export const proofOf = (secret: string): string => createHash('sha256').update(secret).digest('base64url');

/** Takes equally long whatever the two have in common. */
export const isSame = (a: string, b: string): boolean => timingSafeEqual(Buffer.from(proofOf(a)), Buffer.from(proofOf(b)));
