import { findKind, type Kind } from '@weft/model';
import { Refusal } from './routes.ts';

/** In any spelling. */
export const kindNamed = (spelling: string): Kind => {
  const kind = findKind(spelling);
  if (!kind) throw new Refusal(404, `there is no kind ${JSON.stringify(spelling)}`);
  return kind;
};
