import { doubtful, type HttpMatchRequest, type HttpRouteSettings, type Problem } from '@weft/model';

/** The match without its name, written so that equal matches are equal text. */
const canonical = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(canonical);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, item]) => [key, canonical(item)]),
  );
};

const textOf = ({ name: _, ...match }: HttpMatchRequest): string => JSON.stringify(canonical(match));

/** Applies to every request, from whomever and wherever (semantics 25). */
const takesEverything = ({ name: _, ignoreUriCase: __, uri, ...conditions }: HttpMatchRequest): boolean => {
  const anyPath = uri === undefined || uri.prefix === '/' || uri.regex === '.*';
  return (
    anyPath &&
    Object.values(conditions).every((value) => value === undefined || (typeof value === 'object' && Object.keys(value).length === 0))
  );
};

const help = 'Move it before the route that takes its requests, or remove it.';

/** Routes behind one that takes everything, and matches that an earlier route already has. */
export const unreachableRoutes = (routes: readonly HttpRouteSettings[]): readonly Problem[] => {
  const problems: Problem[] = [];
  const seen = new Map<string, number>();
  let everything: number | undefined;
  routes.forEach((route, i) => {
    const matches = (route.match ?? []).map((match) => match ?? {});
    if (everything !== undefined) {
      problems.push(doubtful('IST0130', `spec.http[${i}]`, [`the route is never reached: route ${everything} takes every request`, help]));
      return;
    }
    const repeated = matches.map((match) => seen.get(textOf(match)));
    if (matches.length > 0 && repeated.every((earlier) => earlier !== undefined)) {
      problems.push(doubtful('IST0130', `spec.http[${i}]`, [`the route is never reached: route ${repeated[0]} has the same match`, help]));
    } else {
      repeated.forEach((earlier, j) => {
        if (earlier === undefined) return;
        const found = doubtful('IST0131', `spec.http[${i}].match[${j}]`, [`the match never applies: route ${earlier} has the same`, help]);
        problems.push({ ...found, severity: 'info' });
      });
    }
    for (const match of matches) if (!seen.has(textOf(match))) seen.set(textOf(match), i);
    if (matches.length === 0 || matches.some(takesEverything)) everything = i;
  });
  return problems;
};
