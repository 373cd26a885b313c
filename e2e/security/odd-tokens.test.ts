/** Tokens and key sets that can be read in two ways: everybody takes the same one, or none [G20, S113]. */
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { tokenReader } from '@weft/model/node/tokens';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { atGateway, type GatewayPlace } from './scene.ts';

const rsa = () => generateKeyPairSync('rsa', { modulusLength: 2048 });
const [first, second, unsaid] = [rsa(), rsa(), rsa()];
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const jwk = (key: KeyObject) => key.export({ format: 'jwk' });

const jwks = JSON.stringify({
  keys: [
    { ...jwk(first.publicKey), kid: 'same' },
    { ...jwk(ec.publicKey), kid: 'same' },
    { ...jwk(second.publicKey), kid: 'same' },
  ],
});
/** Of a key that says its name twice. */
const ambiguous = `{"keys":[{"kid":"one",${JSON.stringify(jwk(unsaid.publicKey)).slice(1, -1)},"kid":"two"}]}`;

const objects = [
  {
    apiVersion: 'security.istio.io/v1',
    kind: 'RequestAuthentication',
    metadata: { name: 'tokens', namespace: 'edge' },
    spec: {
      jwtRules: [
        { issuer: 'https://a.example', jwks },
        { issuer: 'https://b.example', jwks: ambiguous },
        { issuer: 'https://c.example', jwks, fromHeaders: [{ name: 'x-token' }] },
      ],
    },
  },
];

let gateway: GatewayPlace;
beforeAll(async () => {
  gateway = await atGateway(objects);
}, 60_000);
afterAll(() => gateway?.stop());

const encode = (text: string): string => Buffer.from(text).toString('base64url');

const token = (payload: string, header: object, key: KeyObject): string => {
  const text = `${encode(JSON.stringify(header))}.${encode(payload)}`;
  return `${text}.${sign('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
};

const rs = { alg: 'RS256', kid: 'same' };
const claims = (issuer: string): string => `{"iss":"https://${issuer}.example","sub":"eve"}`;

/** What the gateway answers, and whether explain's reader takes the token for one that is signed and says something. */
const verdicts = async (signed: string): Promise<readonly [status: number, explained: boolean]> => {
  const { status } = await gateway.get('/', `authorization: Bearer ${signed}`);
  const sets = [jwks, ambiguous];
  const reader = await tokenReader([signed], sets);
  return [status, reader.claimsOf(signed) !== undefined && sets.some((keys) => reader.isSigned(signed, keys))];
};

test('keys of one name are all tried; of two names that a key says the last is its', async () => {
  expect(await verdicts(token(claims('a'), rs, first.privateKey))).toEqual([200, true]);
  expect(await verdicts(token(claims('a'), rs, second.privateKey))).toEqual([200, true]);
  expect(await verdicts(token(claims('a'), { ...rs, alg: 'ES256' }, ec.privateKey))).toEqual([200, true]);
  expect(await verdicts(token(claims('a'), rs, unsaid.privateKey))).toEqual([401, false]);
  expect(await verdicts(token(claims('b'), { ...rs, kid: 'two' }, unsaid.privateKey))).toEqual([200, true]);
  expect(await verdicts(token(claims('b'), { ...rs, kid: 'one' }, unsaid.privateKey))).toEqual([401, false]);
});

test.each([
  '{"iss":"https://a.example","sub":"eve","role":"user","role":"admin"}',
  '{"iss":"https://a.example","sub":"eve","role":"user","\\u0072ole":"user"}',
  '{"iss":"https://evil.example","iss":"https://a.example","sub":"eve"}',
  '{"iss":"https://a.example","iss":"https://evil.example","sub":"eve"}',
  '{"iss":"https://a.example","exp":1,"sub":"eve","exp":9999999999}',
  '{"iss":"https://a.example","sub":"eve","realm":{"roles":[],"roles":["admin"]}}',
])('a claim that stands there twice is nobody’s: %s', async (payload) => {
  expect(await verdicts(token(payload, rs, first.privateKey))).toEqual([401, false]);
});

test('nor is a token whose header does', async () => {
  const head = encode('{"alg":"RS256","kid":"other","kid":"same"}');
  const text = `${head}.${encode(claims('a'))}`;
  const signed = `${text}.${sign('sha256', Buffer.from(text), first.privateKey).toString('base64url')}`;
  expect(await verdicts(signed)).toEqual([401, false]);
});

test('each rule judges the tokens where it looks, and one that takes its own is enough', async () => {
  const of = (issuer: string, key = first.privateKey): string => token(claims(issuer), rs, key);
  const [bad, other] = [of('a', unsaid.privateKey), of('b', first.privateKey)];
  const status = async (...headers: readonly string[]): Promise<number> => (await gateway.get('/', ...headers)).status;
  expect(await status(`x-token: ${of('c')}`)).toBe(200);
  expect(await status(`x-token: ${bad}`)).toBe(401);
  expect(await status(`authorization: Bearer ${of('a')}`, `x-token: ${bad}`)).toBe(200);
  expect(await status(`authorization: Bearer ${bad}`, `x-token: ${of('c')}`)).toBe(200);
  expect(await status(`authorization: Bearer ${bad}`, `x-token: ${other}`)).toBe(401);
});
