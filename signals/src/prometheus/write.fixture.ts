import type { Family, Format } from './exposition.ts';
import { Federation } from './federation.ts';

/** All of it as one text. */
export const writeExposition = (families: readonly Family[], format: Format): string => {
  const federation = new Federation(format);
  federation.add({ target: {}, families });
  return [...federation.text()].join('');
};
