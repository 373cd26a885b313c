import { parse, type Resource } from '@weft/model';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { allocate } from './allocate.ts';

const objects = (text: string): readonly Resource[] => parse({ text, file: 'test.yaml', origin: { source: 'file' } }).resources;
const service = (name: string, spec = ''): string =>
  `{apiVersion: v1, kind: Service, metadata: {name: ${name}, namespace: shop}, spec: {${spec}ports: [{port: 80}]}}`;
const entry = (name: string, spec = ''): string =>
  `{apiVersion: networking.istio.io/v1, kind: ServiceEntry, metadata: {name: ${name}, namespace: shop}, spec: {hosts: [${name}.example.com], ${spec}resolution: DNS, ports: [{number: 80, name: http, protocol: HTTP}]}}`;
const all = (...texts: readonly string[]): readonly Resource[] => objects(texts.join('\n---\n'));

const names = fc.uniqueArray(fc.stringMatching(/^s-[a-z0-9]{1,5}$/), { minLength: 1, maxLength: 30 });

describe('allocate', () => {
  it('takes Services from 10.96.0.0/12 and ServiceEntries from 240.240.0.0/16, no address twice', () => {
    fc.assert(
      fc.property(names, (list) => {
        const assigned = allocate(all(...list.map((name) => service(name)), ...list.map((name) => entry(name))));
        const addresses = Object.entries(assigned);
        expect(addresses.length).toBe(list.length * 2);
        expect(new Set(Object.values(assigned)).size).toBe(addresses.length);
        for (const [owner, address] of addresses)
          expect(address).toMatch(owner.startsWith('Service/') ? /^10\.(9[6-9]|10\d|11[01])\./ : /^240\.240\./);
      }),
      { numRuns: 30 },
    );
  });

  it('moves nothing when something is added, whatever the order', () => {
    fc.assert(
      fc.property(names, names, (old, added) => {
        const before = allocate(all(...old.map((name) => service(name))));
        const list = [...added, ...old].map((name) => service(name));
        const after = allocate(all(...list), before);
        expect(after).toMatchObject(before);
        expect(allocate(all(...list.reverse()), before)).toEqual(after);
      }),
      { numRuns: 30 },
    );
  });

  it('leaves alone what has addresses, and gives nobody an address that is written down', () => {
    const [taken = ''] = Object.values(allocate(all(service('web'))));
    expect(
      allocate(
        all(service('web', `clusterIP: ${taken}, `), service('headless', 'clusterIP: None, '), entry('own', 'addresses: [192.0.2.1], ')),
      ),
    ).toEqual({});
    const moved = allocate(all(service('web'), service('other', `clusterIP: ${taken}, `)));
    expect(Object.keys(moved)).toEqual(['Service/shop/web']);
    expect(Object.values(moved)).not.toContain(taken);
  });

  it('takes no address from its owner because another writes it down', () => {
    const before = allocate(all(service('web')));
    const [address = ''] = Object.values(before);
    const greedy = all(service('web'), service('other', `clusterIP: ${address}, `), entry('own', `addresses: [${address}], `));
    expect(allocate(greedy, before)).toEqual(before);
  });

  it('forgets what is gone, and does not believe two owners of one address', () => {
    const existing = { 'Service/shop/gone': '10.96.0.9', 'Service/shop/a': '10.96.0.5', 'Service/shop/b': '10.96.0.5' };
    const assigned = allocate(all(service('a'), service('b')), existing);
    expect(assigned['Service/shop/a']).toBe('10.96.0.5');
    expect(assigned['Service/shop/b']).not.toBe('10.96.0.5');
    expect(assigned['Service/shop/gone']).toBeUndefined();
  });
});
