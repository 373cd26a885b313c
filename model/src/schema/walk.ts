/** The schemas of `schemas.json`, and one walk over a value that is held against one. */
import { childPath, type Json } from '../yaml/json.ts';
import type { Rule } from './cel.ts';

/** The keywords of JSON Schema that CRDs and protobuf messages need, and `atMostOne`, `duration` and `cel`. */
export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly string[];
  readonly maximum?: number;
  readonly minimum?: number;
  readonly maxLength?: number;
  readonly minLength?: number;
  readonly pattern?: string;
  readonly items?: Schema;
  readonly maxItems?: number;
  readonly minItems?: number;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | false;
  readonly required?: readonly string[];
  readonly maxProperties?: number;
  readonly minProperties?: number;
  /** Groups of fields of which one at most may be set. */
  readonly atMostOne?: readonly (readonly string[])[];
  readonly duration?: boolean;
  readonly cel?: readonly Rule[];
}

export type Keyword = Exclude<keyof Schema, '$ref'>;

/** A value that is not as its schema says. */
export interface Fault {
  readonly keyword: Keyword;
  readonly path: string;
  readonly value: Json;
  readonly schema: Schema;
  /** A field's name, or the words of a rule. */
  readonly said: string;
}

export interface Walk {
  /** Path of the value with which the walk began. */
  readonly root: string;
  /** Keys and indices from there to the value that is looked at. */
  readonly trail: (string | number)[];
  readonly faults: Fault[];
  /** Every field that is there has its type. */
  typed: boolean;
}

/** Enough to correct; a hostile object could have a million. */
const maxFaults = 50;

export const startWalk = (root: string): Walk => ({ root, trail: [], faults: [], typed: true });

const pathOf = ({ root, trail }: Walk): string =>
  trail.reduce<string>((path, step) => (typeof step === 'number' ? `${path}[${step}]` : childPath(path, step)), root);

export const fault = (walk: Walk, found: Omit<Fault, 'path'>): void => {
  // A field too many leaves the others what they are.
  if (found.keyword !== 'additionalProperties') walk.typed = false;
  if (walk.faults.length < maxFaults) walk.faults.push({ ...found, path: pathOf(walk) });
};
