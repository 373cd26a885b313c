import { expect, test } from 'vitest';
import { ApiRefusal, type ApiRequest, createClient } from './client.ts';

const answering = (status: number, body: unknown) => {
  const asked: ApiRequest[] = [];
  const client = createClient(async (request) => {
    asked.push(request);
    return { status, body: typeof body === 'string' ? body : JSON.stringify(body) };
  });
  return { client, asked };
};

test('paths are as api.ts says', async () => {
  const { client, asked } = answering(200, { items: [] });
  await client.list('vs', 'shop');
  await client.read({ kind: 'Namespace', namespace: '', name: 'a/b' });
  await client.proxyConfig('shop', 'web-1', true);
  await client.wait(500);
  await client.apply({ text: 'a', file: 'f', directory: '/' });
  expect(asked.map(({ method, path }) => `${method} ${path}`)).toEqual([
    'GET /api/v1/resources/vs?namespace=shop',
    'GET /api/v1/resources/Namespace/-/a%2Fb',
    'GET /api/v1/proxies/shop/web-1/config?live=true',
    'GET /api/v1/wait?timeoutMs=500',
    'POST /api/v1/apply',
  ]);
  expect(JSON.parse(asked[4]?.body ?? '')).toEqual({ text: 'a', file: 'f', directory: '/' });
});

test('what was refused while applying is a result', async () => {
  const result = { revision: 1, items: [], findings: [] };
  await expect(answering(422, result).client.apply({ text: '', file: '', directory: '' })).resolves.toEqual(result);
});

test("a refusal carries weftd's words and findings", async () => {
  const finding = { code: 'WEFT0001', severity: 'error', path: '', message: 'm', help: 'h' };
  const refusal = await answering(403, { error: 'not yours', findings: [finding] })
    .client.status()
    .catch((error: unknown) => error);
  expect(refusal).toBeInstanceOf(ApiRefusal);
  expect(refusal).toMatchObject({ status: 403, message: 'not yours', findings: [finding] });
});

test('an answer that is no JSON is a failure, with its status where there is one', async () => {
  await expect(answering(502, '<html>').client.status()).rejects.toThrow('HTTP 502');
  await expect(answering(200, '<html>').client.status()).rejects.toThrow('no JSON');
});
