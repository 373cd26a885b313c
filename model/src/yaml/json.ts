/** What YAML is read to: JSON values, and paths that name their fields. */
import type { Problem } from '../problem.ts';

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

export interface ReadDocument {
  /** Absent when the document could not be read. */
  readonly value?: Json;
  /** Lines by path (see `lineAt`), one-based in the whole stream. */
  readonly lines: Readonly<Record<string, number>>;
  readonly problems: readonly Problem[];
}

/** A key that is not a plain word is bracketed, so that paths stay readable and unambiguous. */
export const childPath = (path: string, key: string): string =>
  /^[\w-]+$/.test(key) ? (path === '' ? key : `${path}.${key}`) : `${path}["${key}"]`;

/** Where a value stands. */
export interface Place {
  readonly path: string;
  /** The parent's: only a different one is written down. */
  readonly line: number;
}

/** Keys through which a careless copy would reach every object (prototype pollution). */
export const forbidden: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype']);

/** YAML 1.1, which Kubernetes reads, has more booleans and another octal than YAML 1.2. */
export const yaml11: ReadonlyMap<string, boolean> = new Map(
  [
    ['y', 'yes', 'on'],
    ['n', 'no', 'off'],
  ].flatMap((words, index) =>
    words.flatMap((word) => [word, word[0]?.toUpperCase() + word.slice(1), word.toUpperCase()].map((text) => [text, index === 0] as const)),
  ),
);
