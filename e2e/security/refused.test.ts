/**
 * What Envoy does with filters that it refuses, which is our mistake and nobody's policy: it goes by those that it had, all of them; and
 * where it had none, it serves nobody [E12].
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decidingPlace, type ResourceSet, typeUrls } from '@weft/envoy';
import { RBAC_Action } from '@weft/envoy/gen/envoy/config/rbac/v3/rbac_pb.js';
import { RBACSchema } from '@weft/envoy/gen/envoy/extensions/filters/http/rbac/v3/rbac_pb.js';
import { afterEach, expect, test } from 'vitest';
import { chainAt, extension } from '../../compile/src/xds/extensions.ts';
import { freePort } from '../port.ts';
import { type Control, control } from '../traffic/control.ts';
import { compiled, eventually, httpGateway, spawnGateway, xdsSocket } from '../traffic/gateway.ts';
import { manifests, send } from './scene.ts';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const metadata = { name: 'edge', namespace: 'edge' };

const allowing = (port: number, path: string): ResourceSet => {
  const routes = { hosts: ['*'], gateways: ['edge'], http: [{ directResponse: { status: 200 } }] };
  const policy = { rules: [{ to: [{ operation: { paths: [path] } }] }] };
  const text = manifests([
    httpGateway(metadata, port),
    { apiVersion: 'networking.istio.io/v1', kind: 'VirtualService', metadata, spec: routes },
    { apiVersion: 'security.istio.io/v1', kind: 'AuthorizationPolicy', metadata, spec: policy },
  ]);
  return compiled(text).resources;
};

/** With an expression that Envoy cannot read. */
const spoilt = (resources: ResourceSet): ResourceSet => {
  const regex = { matchPattern: { case: 'safeRegex' as const, value: { regex: '(' } } };
  const permissions = [{ rule: { case: 'urlPath' as const, value: { rule: { case: 'path' as const, value: regex } } } }];
  const principals = [{ identifier: { case: 'any' as const, value: true } }];
  const rules = { action: RBAC_Action.ALLOW, policies: { bad: { permissions, principals } } };
  const place = chainAt(decidingPlace, [extension('authorization.allow', RBACSchema, { rules })]);
  return new Map([...resources, [typeUrls.ECDS, new Map([...(resources.get(typeUrls.ECDS) ?? []), [decidingPlace, place]])]]);
};

const start = async (first: ResourceSet): Promise<Control> => {
  const folder = await mkdtemp(join(tmpdir(), 'weft-refused-'));
  const plane = await control(xdsSocket(folder), first);
  const envoy = await spawnGateway(folder, { istio: 'gw' });
  ends.push(
    () => rm(folder, { recursive: true, force: true }),
    () => plane.stop(),
    () => envoy.kill(),
  );
  return plane;
};

/** 0: nobody listens. */
const status = async (port: number, path: string): Promise<number> =>
  (await send('127.0.0.1', port, `GET ${path} HTTP/1.1\r\nhost: a.example\r\n\r\n`).catch(() => ({ status: 0 }))).status;

const answers = (port: number): Promise<readonly number[]> => Promise.all([status(port, '/old'), status(port, '/new')]);

test('filters that are refused change nothing, and the next ones that are not hold', async () => {
  const port = await freePort();
  const plane = await start(allowing(port, '/old'));
  await eventually(
    () => answers(port),
    ([old, other]) => old === 200 && other === 403,
  );
  plane.set(spoilt(allowing(port, '/new')));
  await eventually(
    async () => plane.refusals.length,
    (count) => count > 0,
  );
  expect(await answers(port)).toEqual([200, 403]);
  plane.set(allowing(port, '/new'));
  await eventually(
    () => answers(port),
    ([old, other]) => old === 403 && other === 200,
  );
});

test('a listener that never had any serves nobody until it has', async () => {
  const port = await freePort();
  const plane = await start(spoilt(allowing(port, '/new')));
  await eventually(
    async () => plane.refusals.length,
    (count) => count > 0,
  );
  await eventually(
    () => answers(port),
    (statuses) => statuses.every((one) => one === 500),
  );
  plane.set(allowing(port, '/new'));
  await eventually(
    () => answers(port),
    ([old, other]) => old === 403 && other === 200,
  );
});
