/** Namespaces that objects name and that nobody is in (Kiali's KIA0005): mostly a slip of the pen. */
import { doubtful, type Problem } from '@weft/model';
import type { Facts } from './facts.ts';

/** They stand for others than one namespace. */
const symbols = new Set(['', '*', '.', '~']);

export interface NamedNamespace {
  readonly path: string;
  readonly namespace: string;
}

export const namespaceProblems = (named: readonly NamedNamespace[], { namespaces }: Facts): readonly Problem[] =>
  named
    .filter(({ namespace }) => !symbols.has(namespace) && !namespaces.has(namespace))
    .map(({ path, namespace }) =>
      doubtful('IST0101', path, [`there is nothing in namespace \`${namespace}\``, 'Correct the name, or add the Namespace.']),
    );

export const audienceProblems = (exportTo: readonly string[] | undefined, facts: Facts): readonly Problem[] =>
  namespaceProblems(
    (exportTo ?? []).map((namespace, i) => ({ path: `spec.exportTo[${i}]`, namespace })),
    facts,
  );
