/** What the proxy's log says of connections that are refused, and that it says nothing of others [G21]. */
import { setTimeout as sleep } from 'node:timers/promises';
import { readRecord } from '@weft/signals';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeRoot, type Root } from '../traffic/certificates.ts';
import { viewOf } from '../traffic/manifests.ts';
import { type Caller, call, type Echo, echo, meshCaller } from './peers.ts';
import { type ServerSide, startServer } from './server.ts';

let root: Root;
let target: Echo;
let server: ServerSide;
let till: Caller;
let bad: Caller;

const object = (kind: string, name: string, spec: string): string => `
---
apiVersion: security.istio.io/v1
kind: ${kind}
metadata: { name: ${name}, namespace: shop }
spec: ${spec}
`;

const strict = object('PeerAuthentication', 'strict', '{ mtls: { mode: STRICT } }');
const policy = (name: string, spec: string): string => object('AuthorizationPolicy', name, spec);

const viewWith = (...texts: readonly string[]) =>
  viewOf(`
apiVersion: v1
kind: Service
metadata: { name: web, namespace: shop }
spec: { clusterIP: 10.96.0.20, selector: { app: web }, ports: [{ name: tcp, port: ${target.port} }] }
${texts.join('')}`);

beforeAll(async () => {
  root = await makeRoot('mesh');
  const leaf = await root.issue('server', { uris: ['spiffe://cluster.local/ns/shop/sa/web'] });
  target = await echo('server');
  [till, bad] = [await meshCaller(root, 'cluster.local/ns/shop/sa/till'), await meshCaller(root, 'cluster.local/ns/shop/sa/bad')];
  const secrets = { root: root.certificate, leaf: leaf.certificate, key: leaf.key };
  server = await startServer(viewWith(), { ports: [target.port], secrets, drain: 1 });
}, 120_000);

afterAll(async () => {
  await server?.stop();
  target?.stop();
});

/** What the log says of a connection when the one after it has its line. */
const toldOf = async (caller: Caller): Promise<readonly object[]> => {
  const before = server.told().length;
  const line = call(target.port, caller);
  line.say('hello\n');
  const heard = await line.until((text) => text.endsWith(']'), 1500);
  line.close();
  const lines = () =>
    server
      .told()
      .slice(before)
      .split('\n')
      .filter((text) => text !== '');
  for (let tries = 0; tries < 40 && heard === '' && lines().length === 0; tries += 1) await sleep(50);
  await sleep(250); // more than the log is held back: nothing else comes
  return lines().map((text) => JSON.parse(text));
};

const id = expect.stringMatching(/^\d{19}-\d+$/);
const common = () => ({ denial: id, protocol: 'TCP', time: expect.any(String), port: target.port });
const name = (account: string) => `spiffe://cluster.local/ns/shop/sa/${account}`;

test('the rules that refuse it, or that none allows it, and who came', async () => {
  await server.set(
    viewWith(
      strict,
      policy('nobody-bad', "{ action: DENY, rules: [{ from: [{ source: { principals: ['*/bad'] } }] }] }"),
      policy('no-banks', '{ action: DENY, rules: [{ from: [{ source: { namespaces: [bank] } }] }] }'),
      policy('shop', '{ rules: [{ from: [{ source: { principals: [cluster.local/ns/shop/sa/till, cluster.local/ns/shop/sa/bad] } }] }] }'),
    ),
  );
  expect(await toldOf(till)).toEqual([]);
  expect(await toldOf(bad)).toMatchObject([
    { ...common(), reason: 'policy: ns[shop]-policy[nobody-bad]-rule[0]', caller: name('bad'), clientPort: expect.any(Number) },
  ]);
  const other = await meshCaller(root, 'cluster.local/ns/shop/sa/other');
  expect(await toldOf(other)).toMatchObject([{ ...common(), reason: 'policy: none', caller: name('other') }]);
});

test('of whom an address refuses, too; of many reasons that make no difference some are named', async () => {
  const ranges = ['127.0.0.16/28', '127.0.0.32/28', '127.0.0.48/28', '127.0.0.64/28'];
  const denying = (count: number) =>
    policy('nets', `{ action: DENY, rules: [${ranges.slice(0, count).map((at) => `{ from: [{ source: { ipBlocks: [${at}] } }] }`)}] }`);
  const reasonFrom = async (from: string) => {
    const [line] = await toldOf({ ...bad, from });
    expect(line).toMatchObject({ ...common(), caller: name('bad'), address: from });
    return (line as { readonly reason?: string }).reason;
  };
  const rule = (index: number) => `ns[shop]-policy[nets]-rule[${index}]`;
  await server.set(viewWith(strict, denying(3)));
  expect(await toldOf(bad)).toEqual([]);
  expect(await reasonFrom('127.0.0.17')).toBe(`policy: ${rule(0)}`);
  expect(await reasonFrom('127.0.0.49')).toBe(`policy: ${rule(2)}`);
  await server.set(viewWith(strict, denying(4)));
  expect(await reasonFrom('127.0.0.65')).toBe(`policy: ${rule(0)} or ${rule(1)} or ${rule(2)} or another`);
});

test('who came in plaintext under STRICT, or with a certificate that nobody trusts, whose name is marked as a claim', async () => {
  await server.set(viewWith());
  expect(await toldOf({})).toEqual([]);
  await server.set(viewWith(strict));
  expect(await toldOf(till)).toEqual([]);
  expect(await toldOf({})).toMatchObject([{ ...common(), reason: 'filter_chain_not_found', caller: null }]);
  const stranger = await meshCaller(await makeRoot('elsewhere'), 'cluster.local/ns/shop/sa/till');
  const [line, ...others] = await toldOf(stranger);
  expect(line).toMatchObject({ ...common(), reason: expect.stringContaining('CERTIFICATE_VERIFY_FAILED'), claimed: name('till') });
  expect(line).not.toHaveProperty('caller');
  expect(others).toEqual([]);
  // Under policies, too, it is no policy that refuses.
  await server.set(viewWith(strict, policy('shop', '{ rules: [{ from: [{ source: { namespaces: [shop] } }] }] }')));
  expect(await toldOf(stranger)).toMatchObject([{ reason: expect.stringContaining('CERTIFICATE_VERIFY_FAILED'), claimed: name('till') }]);
});

describe('a connection has one record, under the id that the log tells', () => {
  const own = {
    workload: 'web',
    namespace: 'shop',
    principal: '',
    app: '',
    version: '',
    cluster: '',
    canonicalService: '',
    canonicalRevision: '',
  };
  const recordOf = async (caller: Caller) => {
    const before = (await server.records()).length;
    const [line] = await toldOf(caller);
    for (let tries = 0; tries < 40 && (await server.records()).length === before; tries += 1) await sleep(50);
    await sleep(250);
    const records = (await server.records()).slice(before).map((text) => readRecord(text, own));
    return { records, id: (line as { readonly denial?: string } | undefined)?.denial };
  };

  test('in plaintext under STRICT', async () => {
    await server.set(viewWith(strict));
    const { records, id } = await recordOf({});
    expect(records).toMatchObject([{ verdict: { kind: 'denied', by: 'listener' }, refusal: { id, claimed: '' }, mtls: false }]);
  });

  test('with a certificate that nobody trusts: what it says is a claim', async () => {
    const stranger = await meshCaller(await makeRoot('elsewhere'), 'cluster.local/ns/shop/sa/till');
    const { records, id } = await recordOf(stranger);
    expect(records).toMatchObject([
      { verdict: { kind: 'denied', by: 'handshake' }, refusal: { id, claimed: name('till') }, source: { principal: '' }, mtls: false },
    ]);
  });

  test('that a policy refuses', async () => {
    await server.set(viewWith(strict, policy('nobody', '{}')));
    const { records, id } = await recordOf(till);
    expect(records).toMatchObject([
      { verdict: { kind: 'denied', by: 'policy' }, refusal: { id, claimed: '' }, source: { principal: name('till') } },
    ]);
  });

  test('that is served, without an id', async () => {
    await server.set(viewWith(strict));
    const { records } = await recordOf(till);
    expect(records).toMatchObject([{ verdict: { kind: 'allowed' }, mtls: true }]);
    expect(records[0]).not.toHaveProperty('refusal');
  });
});

test('what is only tried or audited refuses nobody, and its verdict is told', async () => {
  const dryRun = (name: string, spec: string) =>
    policy(name, spec).replace('namespace: shop }', "namespace: shop, annotations: { istio.io/dry-run: 'true' } }");
  const source = (text: string) => `rules: [{ from: [{ source: ${text} }] }]`;
  await server.set(
    viewWith(
      dryRun('tried-deny', `{ action: DENY, ${source("{ principals: ['*/bad'] }")} }`),
      dryRun('tried-allow', `{ ${source('{ ipBlocks: [127.0.0.1] }')} }`),
      policy('watching', `{ action: AUDIT, ${source("{ principals: ['*/till'], ipBlocks: [127.0.0.17] }")} }`),
    ),
  );
  const passed = () => target.seen();
  const before = passed();
  expect(await toldOf(till)).toEqual([]);
  const told = { ...common(), audited: null, dryRunDeny: null };
  expect(await toldOf(bad)).toMatchObject([
    { ...told, dryRunDeny: 'ns[shop]-policy[tried-deny]-rule[0]', dryRunAllow: 'allowed', caller: name('bad') },
  ]);
  expect(await toldOf({ ...till, from: '127.0.0.17' })).toMatchObject([
    { ...told, audited: 'ns[shop]-policy[watching]-rule[0]', dryRunAllow: 'denied', caller: name('till') },
  ]);
  expect(await toldOf({ from: '127.0.0.18' })).toMatchObject([{ ...told, dryRunAllow: 'denied', caller: null }]);
  expect(passed() - before).toBe(4);
});
