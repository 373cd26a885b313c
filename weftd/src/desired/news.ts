/** Tells when another revision is planned, of which kinds, and when findings are others: once for each compilation, or change of files. */
import type { Finding } from '@weft/model';
import type { News } from './messages.ts';

export interface NewsSources {
  revision(): number;
  kindsSince(revision: number): readonly string[];
  findings(): readonly Finding[];
  tell(news: News): void;
}

/** Findings about what did not change are the same objects. */
const same = (a: readonly Finding[], b: readonly Finding[]): boolean => a.length === b.length && a.every((one, index) => one === b[index]);

/** @returns to be called when something may have changed */
export const newsOf = ({ revision, kindsSince, findings, tell }: NewsSources): (() => void) => {
  let known: { readonly revision: number; readonly findings: readonly Finding[] } | undefined;
  return () => {
    const now = { revision: revision(), findings: findings() };
    const before = known;
    known = now;
    // What was there at the start is read, not told.
    if (!before) return;
    const isOther = !same(before.findings, now.findings);
    if (now.revision === before.revision && !isOther) return;
    tell({ revision: now.revision, kinds: now.revision === before.revision ? [] : kindsSince(before.revision), findings: isOther });
  };
};
