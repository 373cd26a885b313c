import type { Caller } from '../access/access.ts';

/** Who asks, for what is remembered with a change. */
export const by = (caller: Caller | undefined): { readonly by?: string } => (caller ? { by: caller.user } : {});
