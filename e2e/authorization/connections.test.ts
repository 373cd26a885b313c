/** Policies about connections on the real Envoy: who is refused hears nothing, and the server has not seen it [S106]. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeRoot, type Root } from '../traffic/certificates.ts';
import { viewOf } from '../traffic/manifests.ts';
import { type Caller, call, type Echo, echo, greeting, meshCaller } from './peers.ts';
import { type ServerSide, startServer } from './server.ts';

let root: Root;
let server: ServerSide;
/** Ports: declared TCP, sniffed, and one that no Service has. */
let declared: Echo;
let sniffed: Echo;
let undeclared: Echo;
let clientFirst: Echo;
/** Seconds. */
const drain = 2;

const names = ['ns/shop/sa/till', 'ns/shop/sa/bad', 'ns/bank/sa/clerk', 'ns/team-one/sa/batch', 'ns/shop/sa/x/ns/bank/sa/clerk'];
const callers = new Map<string, Caller>();

const services = () => `
apiVersion: v1
kind: Service
metadata: { name: web, namespace: shop }
spec:
  clusterIP: 10.96.0.20
  selector: { app: web }
  ports:
    - { name: tcp-greets, port: ${declared.port} }
    - { name: tcp-listens, port: ${clientFirst.port} }
    - { name: sniffed, port: ${sniffed.port} }
`;

const strict = `
---
apiVersion: security.istio.io/v1
kind: PeerAuthentication
metadata: { name: strict, namespace: shop }
spec: { mtls: { mode: STRICT } }
`;

const policy = (spec: string, name = 'policy'): string => `
---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata: { name: ${name}, namespace: shop }
spec: ${spec}
`;

const meshOf = (...texts: readonly string[]) => viewOf([services(), ...texts].join(''));
const enforce = (...texts: readonly string[]): Promise<void> => server.set(meshOf(...texts));

const callerOf = (name: string): Caller => {
  const caller = callers.get(name);
  if (!caller) throw new Error(`no caller ${name}`);
  return caller;
};

interface Seen {
  readonly heard: string;
  readonly connections: number;
}

/** What the caller hears when it says something, and what the server sees of it. */
const visit = async (target: Echo, caller: Caller, words = 'hello\n'): Promise<Seen> => {
  const before = target.seen();
  const line = call(target.port, caller);
  if (words !== '') line.say(words);
  const heard = await line.until((text) => text.endsWith(words === '' ? greeting : `[${words}]`), 2000);
  line.close();
  return { heard, connections: target.seen() - before };
};

const refused: Seen = { heard: '', connections: 0 };
const served: Seen = { heard: `${greeting}[hello\n]`, connections: 1 };

beforeAll(async () => {
  root = await makeRoot('mesh');
  const leaf = await root.issue('server', { uris: ['spiffe://cluster.local/ns/shop/sa/web'] });
  [declared, sniffed, undeclared, clientFirst] = await Promise.all([echo('server'), echo('server'), echo('server'), echo('client')]);
  for (const name of names) callers.set(name, await meshCaller(root, `cluster.local/${name}`));
  callers.set('plain', {});
  const ports = [declared, sniffed, undeclared, clientFirst].map(({ port }) => port);
  const secrets = { root: root.certificate, leaf: leaf.certificate, key: leaf.key };
  server = await startServer(viewOf(services()), { ports, secrets, drain });
}, 120_000);

afterAll(async () => {
  await server?.stop();
  for (const { stop } of [declared, sniffed, undeclared, clientFirst]) stop();
});

const everywhere = () => [declared, sniffed, undeclared];

const only = (source: string): string => policy(`{ rules: [{ from: [{ source: ${source} }] }] }`);
const deny = (source: string, more = ''): string => policy(`{ action: DENY, rules: [{ from: [{ source: ${source} }]${more} }] }`);

const [till, bad, clerk, batch, lookalike] = names as [string, string, string, string, string];

describe('who a caller is', () => {
  test('who is not allowed hears not one byte, on any port, and the server sees nothing', async () => {
    await enforce(strict, only(`{ principals: [cluster.local/${till}] }`));
    for (const target of everywhere()) {
      expect(await visit(target, callerOf(till))).toEqual(served);
      for (const words of ['', 'hello\n']) expect(await visit(target, callerOf(bad), words)).toEqual(refused);
      expect(await visit(target, callerOf('plain'))).toEqual(refused);
    }
    expect((await visit(clientFirst, callerOf(till))).heard).toBe('[hello\n]');
    expect(await visit(clientFirst, callerOf(bad))).toEqual(refused);
  });

  test.each<[string, readonly string[]]>([
    ['{ namespaces: [bank] }', [clerk]],
    ["{ namespaces: ['team-*'] }", [batch]],
    ["{ namespaces: ['t*m*e'] }", [batch]],
    ["{ notNamespaces: ['*an*'] }", [till, bad, batch, lookalike]],
    ['{ serviceAccounts: [bank/clerk, till] }', [till, clerk]],
    ["{ principals: ['*/sa/clerk'] }", [clerk, lookalike]],
    ["{ principals: ['cluster.local/ns/shop/*'], notPrincipals: ['*/bad'] }", [till, lookalike]],
    ['{ trustDomains: [cluster.local] }', [till, bad, clerk, batch]],
    ['{ notTrustDomains: [cluster.local] }', [lookalike]],
    ["{ principals: ['*'] }", [till, bad, clerk, batch, lookalike]],
  ])('ALLOW %s [S104, S105]', async (source, expected) => {
    await enforce(strict, only(source));
    const passed: string[] = [];
    for (const name of names) if ((await visit(declared, callerOf(name))).connections > 0) passed.push(name);
    expect(passed).toEqual(expected);
  });

  test('DENY comes first, and holds for those that have no name too [S102, S108]', async () => {
    await enforce(deny(`{ notPrincipals: [cluster.local/${till}] }`), policy('{ rules: [{}] }', 'all'));
    for (const target of everywhere()) {
      expect(await visit(target, callerOf(till))).toEqual(served);
      for (const name of [bad, 'plain']) expect(await visit(target, callerOf(name))).toEqual(refused);
    }
  });

  test('plaintext has no name, so an ALLOW of names leaves it out [S108]', async () => {
    await enforce(only(`{ principals: [cluster.local/${till}] }`));
    for (const target of everywhere()) expect(await visit(target, callerOf('plain'))).toEqual(refused);
    await enforce();
    for (const target of everywhere()) expect(await visit(target, callerOf('plain'))).toEqual(served);
  });

  test('under STRICT a server sees nothing of who shows no certificate, or one that nobody trusts [S91]', async () => {
    await enforce(strict);
    const stranger = await meshCaller(await makeRoot('elsewhere'), `cluster.local/${till}`);
    const nameless = await meshCaller(root, '');
    for (const target of everywhere())
      for (const caller of [stranger, nameless, callerOf('plain')]) expect(await visit(target, caller)).toEqual(refused);
  });

  test('an expression that fails lets nobody pass', async () => {
    const text = only(`{ principals: [cluster.local/${till}] }`);
    const failing = '%CEL(connection.uri_san_peer_certificate.split(\\"/\\")[99] == \\"x\\" && ';
    await server.set(meshOf(strict, text), (listener) => listener.replaceAll('%CEL((has', `${failing}(has`));
    for (const target of everywhere()) expect(await visit(target, callerOf(till))).toEqual(refused);
    await enforce(strict, text);
    expect(await visit(declared, callerOf(till))).toEqual(served);
  });
});

describe('what HTTP has and connections have not [S106]', () => {
  test('an ALLOW rule goes away, and its policy refuses everybody', async () => {
    await enforce(strict, policy('{ rules: [{ to: [{ operation: { methods: [GET] } }] }] }'));
    for (const target of everywhere()) expect(await visit(target, callerOf(till))).toEqual(refused);
  });

  test('a DENY rule loses it and refuses more', async () => {
    await enforce(strict, deny('{ namespaces: [shop] }', ', to: [{ operation: { paths: [/admin] } }]'));
    for (const target of everywhere()) {
      expect(await visit(target, callerOf(till))).toEqual(refused);
      expect(await visit(target, callerOf(clerk))).toEqual(served);
    }
  });
});

describe('where a connection comes from and goes to', () => {
  test('addresses, with TLS and without, IPv6 too [S109]', async () => {
    await enforce(only('{ ipBlocks: [127.0.0.16/28, "::1"], notIpBlocks: [127.0.0.18] }'));
    const { leaf } = callerOf(bad);
    for (const target of everywhere()) {
      for (const caller of [{}, leaf ? { leaf } : {}]) {
        expect(await visit(target, { ...caller, from: '127.0.0.17' })).toEqual(served);
        for (const from of ['127.0.0.18', '127.0.0.3']) expect(await visit(target, { ...caller, from })).toEqual(refused);
        expect(await visit(target, { ...caller, at: '::1' })).toEqual(served);
      }
    }
  });

  test('addresses and names together', async () => {
    await enforce(strict, only('{ ipBlocks: [127.0.0.16/28], namespaces: [shop] }'));
    for (const [name, from, wanted] of [
      [till, '127.0.0.17', served],
      [till, '127.0.0.3', refused],
      [clerk, '127.0.0.17', refused],
    ] as const)
      expect(await visit(declared, { ...callerOf(name), from })).toEqual(wanted);
  });

  test('the address that is called', async () => {
    await enforce(strict, policy("{ action: DENY, rules: [{ when: [{ key: destination.ip, values: ['::1'] }] }] }"));
    for (const target of everywhere()) {
      expect(await visit(target, callerOf(till))).toEqual(served);
      expect(await visit(target, { ...callerOf(till), at: '::1' })).toEqual(refused);
    }
  });

  test('ports, of those that no Service has too', async () => {
    await enforce(strict, policy(`{ action: DENY, rules: [{ to: [{ operation: { notPorts: ['${undeclared.port}'] } }] }] }`));
    expect(await visit(undeclared, callerOf(till))).toEqual(served);
    for (const target of [declared, sniffed]) expect(await visit(target, callerOf(till))).toEqual(refused);
  });

  test('the server name that the client asks for', async () => {
    await enforce(strict, policy("{ rules: [{ when: [{ key: connection.sni, values: ['*.shop.example'] }] }] }"));
    for (const target of everywhere()) {
      expect(await visit(target, { ...callerOf(till), asks: 'web.shop.example' })).toEqual(served);
      expect(await visit(target, { ...callerOf(till), asks: 'web.bank.example' })).toEqual(refused);
      expect(await visit(target, callerOf(till))).toEqual(refused);
    }
  });
});

test('while policies change nobody gets what neither the old one nor the new one gives', async () => {
  const policies = [
    only(`{ principals: [cluster.local/${till}] }`),
    deny(`{ notPrincipals: [cluster.local/${till}] }`),
    only('{ ipBlocks: [127.0.0.1], serviceAccounts: [till] }'),
  ];
  await enforce(strict, policies[0] ?? '');
  let goesOn = true;
  const all = async (name: string, wanted: Seen['heard']): Promise<number> => {
    let visits = 0;
    for (; goesOn; visits += 1) {
      const line = call(declared.port, callerOf(name));
      line.say('hello\n');
      expect(await line.until((text) => text.endsWith(']'), 5000)).toBe(wanted);
      line.close();
    }
    return visits;
  };
  const visitors = Promise.all([all(bad, ''), all(bad, ''), all(till, served.heard)]);
  for (let change = 1; change <= 12; change += 1) await enforce(strict, policies[change % policies.length] ?? '');
  goesOn = false;
  for (const visits of await visitors) expect(visits).toBeGreaterThan(10);
});

describe('connections that a new policy forbids [E31]', () => {
  const open = async (target: Echo, name: string) => {
    const line = call(target.port, callerOf(name));
    line.say('hello\n');
    await line.until((text) => text.includes(']'));
    return line;
  };

  test('are ended when the chain that they came by has drained; those of other chains live on', async () => {
    await enforce(strict);
    const [forbidden, untouched] = [await open(declared, bad), await open(sniffed, bad)];
    const since = Date.now();
    await enforce(strict, deny(`{ serviceAccounts: [bad] }`, `, to: [{ operation: { ports: ['${declared.port}'] } }]`));
    expect(await visit(declared, callerOf(bad))).toEqual(refused);
    await forbidden.until(() => false);
    expect(forbidden.hasEnded()).toBe(true);
    expect(Date.now() - since).toBeLessThan(drain * 1000 + 1500);
    untouched.say('again\n');
    expect(await untouched.until((text) => text.includes('again'))).toContain('[again\n]');
    untouched.close();
  });

  test('as are those without mutual TLS when it becomes STRICT', async () => {
    await enforce();
    const plain = await open(declared, 'plain');
    const meshed = await open(declared, till);
    await enforce(strict);
    await plain.until(() => false);
    expect(plain.hasEnded()).toBe(true);
    meshed.say('again\n');
    expect(await meshed.until((text) => text.includes('again'))).toContain('[again\n]');
    meshed.close();
  });
});
