import { randomBytes, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Caller } from './caller.ts';
import { type Fixture, instance, makeCsr, makeFixture, webCaller } from './fixture.ts';
import { prepare, sign } from './issue.ts';
import { chance, patience } from './mutation.fixture.ts';
import { makeKeys, makeSerial, x509 } from './x509.ts';

let fixture: Fixture;
beforeAll(async () => {
  fixture = await makeFixture();
  fixture.instances.push(instance('shop', 'web-1'), instance('pay', 'ledger-0', { serviceAccount: 'ledger' }));
});
afterAll(() => fixture.close());

const issued = async (csr: string, caller: Caller = webCaller): Promise<X509Certificate> => {
  const answer = await fixture.ca.issue(csr, caller);
  if (!answer.ok) throw new Error(answer.reason);
  return new X509Certificate(answer.certificate.chain[0] ?? '');
};

describe('a workload certificate', () => {
  test('carries one identity and one attested name, neither critical, and lives a day [S99, S100]', async () => {
    const answer = await fixture.ca.issue(await makeCsr(), webCaller);
    if (!answer.ok) throw new Error(answer.reason);
    const [leafPem = '', intermediatePem = ''] = answer.certificate.chain;
    const [leaf, intermediate, root] = [leafPem, intermediatePem, fixture.ca.bundles().pem].map((pem) => new X509Certificate(pem));
    expect(leaf?.subjectAltName).toBe('URI:spiffe://cluster.local/ns/shop/sa/default, DNS:web.web.v1_d2.east.meta.mesh');
    expect(leaf?.verify(intermediate!.publicKey) && intermediate?.verify(root!.publicKey)).toBe(true);
    expect(leaf?.validToDate.getTime()).toBeCloseTo(fixture.clock.time + 86_400_000, -4);
    expect(leaf?.validFromDate.getTime()).toBeCloseTo(fixture.clock.time - 120_000, -4);
    expect([leaf?.ca, intermediate?.ca, root?.ca]).toEqual([false, true, true]);
    const parsed = new x509.X509Certificate(leafPem);
    expect(parsed.getExtension(x509.SubjectAlternativeNameExtension)?.critical).toBe(false);
    expect(parsed.getExtension(x509.BasicConstraintsExtension)).toMatchObject({ ca: false, critical: true });
  });

  test('has no attested name where the credential has no instance', async () => {
    const leaf = await issued(await makeCsr(), { identity: webCaller.identity, by: 'token' });
    expect(leaf.subjectAltName).toBe('URI:spiffe://cluster.local/ns/shop/sa/default');
  });

  test('is known by its end, as long as there is the pod', async () => {
    const leaf = await issued(await makeCsr());
    const root = new X509Certificate(fixture.ca.bundles().pem);
    expect(fixture.ca.expiries()).toEqual([
      { namespace: '', name: 'root', notAfter: root.validToDate.getTime() },
      { namespace: 'shop', name: 'pod web-1', notAfter: expect.closeTo(leaf.validToDate.getTime(), -4) },
    ]);
    const gone = fixture.instances.splice(0);
    expect(fixture.ca.expiries().map(({ name }) => name)).toEqual(['root']);
    fixture.instances.push(...gone);
  });

  test('never outlives its issuer', async () => {
    fixture.clock.time += 9.99 * 365 * 86_400_000; // the root has hours left and the intermediate no more
    const late = await fixture.reopen({ leafSeconds: 400 * 86_400 });
    const answer = await late.issue(await makeCsr(), webCaller);
    fixture.clock.time -= 9.99 * 365 * 86_400_000;
    if (!answer.ok) throw new Error(answer.reason);
    const [leaf, intermediate] = answer.certificate.chain.map((pem) => new X509Certificate(pem));
    expect(leaf!.validToDate.getTime()).toBeLessThanOrEqual(intermediate!.validToDate.getTime());
    expect(intermediate!.validToDate.getTime()).toBeLessThanOrEqual(new X509Certificate(late.bundles().pem).validToDate.getTime());
  });

  test('never does, whenever it is made and for however long; nor is it from before its issuer', { timeout: patience }, async () => {
    const random = chance(20_267);
    const issuers = fixture.ca.bundles().pem;
    const { notBefore, notAfter } = new x509.X509Certificate(issuers);
    const keys = await makeKeys();
    const issuer = { certificate: new x509.X509Certificate(issuers), pem: '', key: keys.privateKey };
    const authority = { roots: () => [], issuers: () => [], current: () => issuer, maintain: async () => {} };
    const subject = { kind: 'workload', uri: 'spiffe://cluster.local/ns/a/sa/a', trustDomain: 'cluster.local' } as const;
    const [from, to] = [notBefore.getTime(), notAfter.getTime()];
    let wrong = 0;
    for (let times = process.env.WEFT_LONG === '1' ? 1_000_000 : 10_000; times > 0; times -= 1) {
      const at = from + (random(2 ** 32) / 2 ** 32) * (to - from);
      const powers = { authority, now: () => at, random: (size: number) => new Uint8Array(size) };
      const leaf = prepare({ subject, publicKey: keys.publicKey, seconds: 1 + random(20 * 365 * 86_400) }, powers);
      if (leaf.notAfter.getTime() > to || leaf.notBefore.getTime() < from || leaf.notBefore.getTime() > at) wrong += 1;
    }
    expect(wrong).toBe(0);
  });

  test('is good for peers whose clocks are 90 seconds off, as are those above it, from the first second', async () => {
    const fresh = await makeFixture();
    const answer = await fresh.ca.issue(await makeCsr(), webCaller);
    if (!answer.ok) throw new Error(answer.reason);
    const chain = [...answer.certificate.chain, fresh.ca.bundles().pem].map((pem) => new X509Certificate(pem));
    for (const skew of [-90_000, 90_000])
      for (const { validFromDate, validToDate } of chain) {
        expect(validFromDate.getTime()).toBeLessThan(fresh.clock.time + skew);
        expect(validToDate.getTime()).toBeGreaterThan(fresh.clock.time + skew);
      }
    await fresh.close();
  });

  test('was in the journal before it was signed', async () => {
    const leaf = await issued(await makeCsr());
    const lines = (await readFile(join(fixture.directory, 'journal.jsonl'), 'utf8')).trim().split('\n');
    const entries = lines.map((line) => JSON.parse(line) as { serial: string; subject: { uri?: string } });
    const entry = entries.find(({ serial }) => serial === leaf.serialNumber.toLowerCase());
    expect(entry?.subject.uri).toBe('spiffe://cluster.local/ns/shop/sa/default');
  });

  test('is signed only from what was prepared, and once', async () => {
    const { publicKey } = await makeKeys();
    const keys = await makeKeys();
    const issuer = { certificate: new x509.X509Certificate(fixture.ca.bundles().pem), pem: '', key: keys.privateKey };
    const authority = { roots: () => [], issuers: () => [], current: () => issuer, maintain: async () => {} };
    const subject = { kind: 'workload', uri: 'spiffe://cluster.local/ns/a/sa/a', trustDomain: 'cluster.local' } as const;
    const prepared = prepare(
      { subject, publicKey, seconds: 60 },
      { authority, now: () => fixture.clock.time, random: (size) => new Uint8Array(size) },
    );
    await expect(sign({ ...prepared })).rejects.toThrow('only what was prepared');
    await sign(prepared);
    await expect(sign(prepared)).rejects.toThrow('once');
  });
});

test('serial numbers have 126 random bits, are positive and do not repeat', () => {
  const serials = new Set(Array.from({ length: 100_000 }, () => makeSerial(randomBytes)));
  expect(serials.size).toBe(100_000);
  for (const serial of serials) expect(serial).toMatch(/^[4-7][0-9a-f]{31}$/);
});

test('other names of the trust domain are vouched for by the same roots, and nothing is issued in them', async () => {
  const named = await makeFixture({ aliases: () => ['old.example', 'cluster.local'] });
  const { domains, pem } = named.ca.bundles();
  expect(domains).toEqual(['cluster.local', 'old.example'].map((trustDomain) => ({ trustDomain, pem })));
  const answer = await named.ca.issue(await makeCsr(), webCaller);
  expect(answer.ok && new X509Certificate(answer.certificate.chain[0] ?? '').subjectAltName).toContain('URI:spiffe://cluster.local/');
  await named.close();
});
