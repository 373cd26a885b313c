/** RequestAuthentications that are for nobody [S113]. */
import type { ObjectCheck } from './facts.ts';
import { scopeInputs, scopeProblems } from './policy-scope.ts';

export const requestAuthentications: ObjectCheck<'RequestAuthentication'> = {
  kind: 'RequestAuthentication',
  reads: ['rules', 'backends'],
  depends: (_, facts) => scopeInputs(facts),
  problems: scopeProblems,
};
