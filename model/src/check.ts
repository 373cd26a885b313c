/** Everything that is checked about one object alone: its form first, then the rules of its kind. */
import type { Kind } from './kinds.ts';
import type { Problem } from './problem.ts';
import type { Metadata } from './resource.ts';
import { checkForm } from './schema/form.ts';
import type { Json } from './yaml/read.ts';

export interface Content {
  readonly kind: Kind;
  readonly metadata: Metadata;
  readonly spec: Json;
}

export const checkContent = ({ kind, spec }: Content): { readonly spec: Json; readonly problems: readonly Problem[] } => {
  const form = checkForm(kind, spec);
  return { spec: form.spec, problems: form.problems };
};
