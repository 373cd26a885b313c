import type { Finding } from '@weft/model';
import type { Mesh } from '../mesh/index.ts';
import type { Input } from '../passes/input.ts';

/** Looks across objects; what one object alone can say is `parse`'s. */
export type Check = (input: Input, mesh: Mesh) => readonly Finding[];

export const checks: readonly Check[] = [];
