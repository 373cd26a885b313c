/**
 * What the store shall hold for one object, given what the files claim about it and what is held now.
 * Each object has one owner; the last good version stays in force beside a broken or unreadable newer one.
 */
import type { ObjectRef, Resource, StoredObject } from '@weft/model';
import { refOf } from '@weft/model';
import type { Claim } from '../sources/claims.ts';

export type Verdict =
  | { readonly kind: 'keep' }
  | { readonly kind: 'put'; readonly resource: Resource }
  /** The same content of the same file, perhaps on another line: nothing to write, but later findings name the new line. */
  | { readonly kind: 'touch'; readonly resource: Resource }
  | { readonly kind: 'remove'; readonly ref: ObjectRef }
  /** The API owns the object. */
  | { readonly kind: 'conflict'; readonly claim: Claim };

export interface Situation {
  readonly stored: StoredObject | undefined;
  readonly claim: Claim | undefined;
  /** The file that the stored object came from may still hold it: it is unreadable, or the folder is empty. */
  readonly uncertain: boolean;
}

export const judge = ({ stored, claim, uncertain }: Situation): Verdict => {
  const owner = stored?.resource.origin;
  if (owner?.source === 'api') return claim ? { kind: 'conflict', claim } : { kind: 'keep' };
  if (!claim) return stored && !uncertain ? { kind: 'remove', ref: refOf(stored.resource) } : { kind: 'keep' };
  if (!claim.resource) return { kind: 'keep' };
  const same = stored?.resource.hash === claim.resource.hash && owner?.file === claim.file;
  return { kind: same ? 'touch' : 'put', resource: claim.resource };
};
