/** What stays the same keeps its identity, and what is equal is the same: no byte is made or sent twice. */
import { type ShortType, typeUrls } from '@weft/envoy';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { emit } from './index.ts';
import { endpoint, inboundPort, outbound, route, type Sample, sample, sidecar, to } from './views.fixture.ts';

const types = Object.keys(typeUrls).filter((type) => type !== 'SDS') as ShortType[];
const mapsOf = (set: ReturnType<typeof emit>) => Object.fromEntries(types.map((type) => [type, set.get(typeUrls[type])]));
const web = 'web.shop.svc.cluster.local';

const samples = (weight = 90): Sample[] => [
  { name: 'cart', port: 80 },
  {
    name: 'web',
    subsets: ['v1', 'v2'],
    endpoints: [endpoint('10.0.0.1', { labels: { version: 'v1' } }), endpoint('10.0.0.2', { labels: { version: 'v2' } })],
    routes: [route(to([`outbound|80|v1|${web}`, weight], [`outbound|80|v2|${web}`, 100 - weight]))],
  },
  { name: 'db', protocol: 'tcp', port: 5432, addresses: ['10.96.0.12'] },
];

const inbound = { ports: [inboundPort(8080, 'http')], mode: 'STRICT' as const };
const slice = outbound(samples());
const before = emit(sidecar({ outbound: slice, inbound }));

test('equal Views made apart give the same maps', () => {
  const sample = fc.record({
    name: fc.constantFrom('a', 'b', 'c', 'd'),
    protocol: fc.constantFrom('http' as const, 'tcp' as const, 'auto' as const, 'grpc' as const),
    addresses: fc.constantFrom([], ['10.96.1.1']),
    subsets: fc.constantFrom([], ['v1']),
    endpoints: fc.array(fc.nat(250).map((n) => endpoint(`10.0.1.${n}`))),
  });
  fc.assert(
    fc.property(fc.uniqueArray(sample, { selector: ({ name }) => name, maxLength: 4 }), (services) => {
      const [one, two] = [
        emit(sidecar({ outbound: outbound(services) })),
        emit(sidecar({ outbound: outbound(structuredClone(services)) })),
      ];
      for (const type of types) {
        const versions = (set: typeof one) => [...(set.get(typeUrls[type]) ?? [])].map(([name, { version }]) => [name, version]);
        expect(versions(two)).toEqual(versions(one));
        expect(two.get(typeUrls[type])).toBe(one.get(typeUrls[type]));
      }
    }),
    { numRuns: 50 },
  );
});

test('endpoints found in another order are the same bytes', () => {
  const endpoints = [endpoint('10.0.0.2'), endpoint('10.0.0.1'), endpoint('10.0.0.1', { port: 9 })];
  const [one, two] = [endpoints, endpoints.toReversed()].map((found) =>
    emit(sidecar({ outbound: outbound([{ name: 'order', endpoints: found }]) })),
  );
  expect(two?.get(typeUrls.EDS)).toBe(one?.get(typeUrls.EDS));
});

describe('one change', () => {
  const changed = (next: ReturnType<typeof emit>) => types.filter((type) => next.get(typeUrls[type]) !== before.get(typeUrls[type]));

  test('of a weight is one virtual host of less than a kilobyte', () => {
    const moved = sample(samples(10)[1] as Sample).scoped;
    const services = slice.services.map((scoped) => (scoped.service.hostname === web ? { ...scoped, routes: moved.routes } : scoped));
    const after = emit(sidecar({ outbound: { ...slice, services }, inbound }));
    expect(changed(after)).toEqual(['VHDS']);
    const [old, now] = [before, after].map((set) => set.get(typeUrls.VHDS));
    const differing = [...(now?.values() ?? [])].filter((resource) => old?.get(resource.name) !== resource);
    expect(differing.map(({ name }) => name)).toEqual([`80/${web}:80`]);
    expect(differing[0]?.bytes.length).toBeLessThan(1024);
  });

  test('of an endpoint of a known identity is one assignment for each subset that has it', () => {
    const known = slice.endpoints.get(`shop/${web}:80`);
    if (!known) throw new Error('no endpoints');
    const endpoints = new Map(slice.endpoints).set(`shop/${web}:80`, { ...known, endpoints: known.endpoints.slice(0, 1) });
    const after = emit(sidecar({ outbound: { ...slice, endpoints }, inbound }));
    expect(changed(after)).toEqual(['EDS']);
    const old = before.get(typeUrls.EDS);
    const differing = [...(after.get(typeUrls.EDS)?.values() ?? [])].filter(
      (resource) => old?.get(resource.name)?.version !== resource.version,
    );
    expect(differing.map(({ name }) => name)).toEqual([`outbound|80||${web}`, `outbound|80|v2|${web}`]);
  });

  test('of the workload’s own ports leaves what it may call', () => {
    const after = emit(sidecar({ outbound: slice, inbound: { ...inbound, ports: [] } }));
    expect(changed(after)).toEqual(['CDS', 'LDS']);
  });
});

test('two workloads with the same view share every map but their own', () => {
  const other = emit(sidecar({ outbound: slice, inbound: { ports: [inboundPort(9090, 'tcp')], mode: 'STRICT' } }));
  expect(mapsOf(other).EDS).toBe(mapsOf(before).EDS);
  expect(mapsOf(other).VHDS).toBe(mapsOf(before).VHDS);
  expect(mapsOf(other).RDS).toBe(mapsOf(before).RDS);
});
