/** Routes and matches that no request can reach, because others before them take it all. */
import { canonical } from '../hash.ts';
import { doubtful, type Problem } from '../problem.ts';
import { isCatchAll } from './http-match.ts';
import type { HttpMatchRequest, HttpRouteSettings } from './virtual-service.ts';

/** Whether every path that `inner` takes begins as `outer` says. */
const coversPath = (outer: HttpMatchRequest, inner: HttpMatchRequest): boolean => {
  const prefix = outer.uri?.prefix;
  if (outer.uri === undefined) return true;
  const said = inner.uri?.prefix ?? inner.uri?.exact;
  return prefix !== undefined && (said?.startsWith(prefix) ?? false) && !inner.ignoreUriCase;
};

/** Whether an earlier match takes all requests of a later one: its path is the start of the other's, and it asks for nothing else. */
const covers = (outer: HttpMatchRequest, inner: HttpMatchRequest): boolean => {
  if (canonical(conditionsOf(outer)) === canonical(conditionsOf(inner))) return true;
  const { uri: _uri, ignoreUriCase: _case, statPrefix: _prefix, name: _name, ...others } = outer;
  // Where gateways are named, the source is not looked at [S26].
  if (canonical(outer.gateways ?? null) !== canonical(inner.gateways ?? null)) return false;
  const asked = Object.entries(others) as readonly (readonly [keyof HttpMatchRequest, unknown])[];
  return coversPath(outer, inner) && asked.every(([field, value]) => canonical(value) === canonical(inner[field] ?? null));
};

const conditionsOf = ({ name: _name, statPrefix: _prefix, ...conditions }: HttpMatchRequest): unknown => conditions;

interface Earlier {
  readonly route: number;
  readonly match: HttpMatchRequest;
}

/** Enough to compare each match with; a hostile object could have a million. */
const maxEarlier = 200;

/** Routes behind one that takes everything are dead (IST0130); a match that an earlier one covers never applies (IST0131). */
export function* checkReach(routes: readonly HttpRouteSettings[], path: string): Iterable<Problem> {
  const earlier: Earlier[] = [];
  let catchAll: number | undefined;
  for (const [index, { match = [] }] of routes.entries()) {
    const at = `${path}[${index}]`;
    if (catchAll !== undefined) {
      yield doubtful('IST0130', at, [
        `the route is never reached: route ${catchAll} before it matches everything`,
        'Move it up, or remove it.',
      ]);
      continue;
    }
    for (const [place, one] of match.entries()) {
      const before = earlier.find((other) => covers(other.match, one));
      if (!before) continue;
      const message = `route ${before.route} before it takes all requests of this match`;
      yield { ...doubtful('IST0131', `${at}.match[${place}]`, [message, 'Move it up, or remove it.']), severity: 'info' };
    }
    earlier.push(...match.slice(0, maxEarlier - earlier.length).map((one) => ({ route: index, match: one })));
    if (match.length === 0 || match.some(isCatchAll)) catchAll = index;
  }
}
