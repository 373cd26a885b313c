/** A whole weftd and an issuer beside it: who is asked, what owners are told, and what stays after a restart [S115]. */
import { createServer, type Server } from 'node:http';
import type { Finding } from '@weft/model';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { createHarness, type Harness } from '../app.fixture.ts';

let weftd: Harness;
let issuer: Server;
let port = 0;
let asked = 0;

const keys = { keys: [{ kty: 'EC', crv: 'P-256', kid: 'one', x: 'AQAB', y: 'AQAB' }] };

beforeAll(async () => {
  issuer = createServer((_, response) => {
    asked += 1;
    response.end(JSON.stringify(keys));
  });
  await new Promise<void>((resolve) => issuer.listen(0, '127.0.0.1', resolve));
  const address = issuer.address();
  port = typeof address === 'object' && address ? address.port : 0;
  weftd = createHarness();
  weftd.write(
    'tokens.yaml',
    `apiVersion: security.istio.io/v1\nkind: RequestAuthentication\nmetadata: {name: login, namespace: shop}\nspec:\n  jwtRules:\n  - issuer: me\n    jwksUri: "http://127.0.0.1:${port}/keys"\n`,
  );
  await weftd.start();
});

afterAll(async () => {
  issuer.close();
  await weftd.remove();
});

const told = async (): Promise<Finding | undefined> => {
  const { body } = await weftd.ask('/resources/requestauthentications/shop/login');
  return (body.findings as Finding[]).find(({ code }) => code === 'WEFT0306');
};

const mesh = (networks: string): string =>
  `apiVersion: mesh.weft.dev/v1alpha1\nkind: MeshConfig\nmetadata: {name: default, annotations: {mesh.weft.dev/jwks-networks: "${networks}"}}\n`;

test('nobody inside is asked, and the owner is told', async () => {
  const finding = await vi.waitUntil(told, 10_000);
  expect(finding).toMatchObject({ severity: 'error', path: 'spec.jwtRules[0].jwksUri', line: 7 });
  expect(finding.message).toContain('127.0.0.1 is inside (loopback)');
  expect(asked).toBe(0);
});

test('a network that is allowed is asked', async () => {
  weftd.write('mesh.yaml', mesh('127.0.0.1'));
  await vi.waitUntil(async () => (await told()) === undefined, 10_000);
  expect(asked).toBe(1);
});

test('the last good keys are there after a restart, though the issuer is not', async () => {
  await weftd.stop();
  issuer.close();
  issuer.closeAllConnections();
  await weftd.start();
  const finding = await vi.waitUntil(told, 10_000);
  expect(finding.severity).toBe('warning');
  expect(finding.message).toContain('the last good ones stay in force');
});
