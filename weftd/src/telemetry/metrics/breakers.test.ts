import { expect, test } from 'vitest';
import { breakersIn } from './breakers.ts';

const stats = (name: string, values: Readonly<Record<string, number>>): string =>
  Object.entries(values)
    .map(([stat, value]) => `cluster.${name}.${stat}: ${value}`)
    .join('\n');

test('a limit that somebody set is told by what is used and what is left; one that nobody set is none', () => {
  const page = [
    stats('outbound|8080||cart.shop.svc.cluster.local', {
      'circuit_breakers.default.remaining_cx': 1,
      'circuit_breakers.default.remaining_pending': 4_294_967_295,
      upstream_cx_active: 3,
      upstream_rq_pending_active: 0,
    }),
    stats('outbound|8080|v1|web.shop.svc.cluster.local', { upstream_cx_active: 7 }),
    stats('outbound|9090||shut.shop.svc.cluster.local', { 'circuit_breakers.default.remaining_cx': 0, upstream_cx_active: 0 }),
    stats('inbound|8080||', { 'circuit_breakers.default.remaining_cx': 1, upstream_cx_active: 1 }),
  ].join('\n');
  expect(breakersIn(page)).toEqual([
    { metric: 'weft_connections_used_share', host: 'cart.shop.svc.cluster.local', share: 0.75 },
    { metric: 'weft_connections_used_share', host: 'shut.shop.svc.cluster.local', share: 1 },
  ]);
});
