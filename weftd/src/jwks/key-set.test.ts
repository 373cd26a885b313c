import { expect, test } from 'vitest';
import { fetchKeys } from './key-set.ts';

const key = { kty: 'EC', crv: 'P-256', kid: 'one', x: 'AQAB', y: 'AQAB' };
const answering =
  (documents: Readonly<Record<string, unknown>>) =>
  async (address: string): Promise<string> => {
    const document = documents[address];
    if (document === undefined) throw new Error(`nobody is at ${address}`);
    return typeof document === 'string' ? document : JSON.stringify(document);
  };

const direct = { kind: 'keys', address: 'https://a.example/keys', timeout: 1 } as const;
const keysOf = (document: unknown): Promise<string> => fetchKeys(direct, answering({ [direct.address]: document }));

test('what nobody needs to verify a token is left out', async () => {
  const set = {
    keys: [
      { ...key, d: 'secret', more: 1 },
      { kty: 'oct', k: 'AQAB' },
      { kty: 'RSA', use: 'enc', n: 'AQAB', e: 'AQAB' },
    ],
  };
  expect(JSON.parse(await keysOf(set))).toEqual({ keys: [{ kty: 'EC', kid: 'one', crv: 'P-256', x: 'AQAB', y: 'AQAB' }] });
});

test.each([
  ['no JSON', '<html>', 'it is no JSON'],
  ['no set', { jwks: [] }, 'no list'],
  ['an empty set', { keys: [] }, 'no key'],
  ['symmetric keys alone', { keys: [{ kty: 'oct', k: 'AQAB' }] }, 'no key'],
  ['too many', { keys: Array.from({ length: 101 }, () => key) }, 'more than 100'],
  ['something deep', `{"keys":${'['.repeat(60_000)}`, 'it is no JSON'],
])('%s is refused', async (_, document, why) => {
  await expect(keysOf(document)).rejects.toThrow(why);
});

test('an issuer says where its keys are (OpenID Connect Discovery)', async () => {
  const documents = {
    'https://a.example/tenant/.well-known/openid-configuration': { jwks_uri: 'https://keys.example/a' },
    'https://keys.example/a': { keys: [key] },
    'https://b.example/.well-known/openid-configuration': { issuer: 'https://b.example' },
  };
  for (const address of ['https://a.example/tenant', 'https://a.example/tenant/'])
    expect(JSON.parse(await fetchKeys({ kind: 'discovery', address, timeout: 1 }, answering(documents)))).toEqual({ keys: [key] });
  const silent = fetchKeys({ kind: 'discovery', address: 'https://b.example', timeout: 1 }, answering(documents));
  await expect(silent).rejects.toThrow('does not say where its keys are');
});
