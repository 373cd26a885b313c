/**
 * Requests that servers read in different ways, and that Envoy passes on as they are: refused before anybody decides about them
 * [G20]. Two Host headers arrive as one with a comma, a name before the host is no part of it to some, and `..;` is a way up to servers
 * that know parameters of path segments (Envoy resolves it as it is written, but not behind escaped dots).
 */
import { typed } from '@weft/envoy';
import { RBAC_Action } from '@weft/envoy/gen/envoy/config/rbac/v3/rbac_pb.js';
import { RBACSchema } from '@weft/envoy/gen/envoy/extensions/filters/http/rbac/v3/rbac_pb.js';
import type { HttpFilters } from './filters.ts';
import type { Read } from './reading.ts';

/** Asked of every request: no expressions. */
const containing = (text: string) => ({ matchPattern: { case: 'contains' as const, value: text } });

const hostWith = (text: string) => ({
  name: ':authority',
  headerMatchSpecifier: { case: 'stringMatch' as const, value: containing(text) },
});
const strangePath = { rule: { case: 'path' as const, value: containing('/..;') } };

const filter = typed('envoy.filters.http.rbac.ambiguous', RBACSchema, {
  rulesStatPrefix: 'ambiguous_',
  rules: {
    action: RBAC_Action.DENY,
    policies: {
      ambiguous: {
        permissions: [
          { rule: { case: 'header', value: hostWith(',') } },
          { rule: { case: 'header', value: hostWith('@') } },
          { rule: { case: 'urlPath', value: strangePath } },
        ],
        principals: [{ identifier: { case: 'any', value: true } }],
      },
    },
  },
});

export const ambiguityFilters = ({ compatibility }: Read): HttpFilters => (compatibility === 'istio' ? [] : [filter]);
