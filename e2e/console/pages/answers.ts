/** What pages ask for beside what they show: effects of a change, what is used, who may call whom, what happened; of the mesh that runs. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AccessMatrix, Certificates, MeshChanges, Preview, TrafficUse } from '@weft/model';
import { expect, test } from 'vitest';
import { until } from '../../mesh.ts';
import type { Stage } from '../stage.ts';

const even = `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: catalog, namespace: shop}
spec:
  hosts: [catalog]
  http: [{route: [{destination: {host: catalog, subset: v1}, weight: 50}, {destination: {host: catalog, subset: v2}, weight: 50}]}]
`;

export const answerTests = ({ mesh }: Stage): void => {
  test('a change is asked of recorded traffic before it is made', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'weft-preview-'));
    writeFileSync(join(folder, 'even.yaml'), even);
    const { records, changes, proxies } = await until('requests to the catalog are recorded', async () => {
      const preview = await mesh().json<Preview>('preview', '-f', join(folder, 'even.yaml'));
      return preview.records?.changed.length ? preview : undefined;
    });
    rmSync(folder, { recursive: true });
    expect(records?.changed[0]).toMatchObject({
      from: 'shop/web',
      after: { destinations: { 'outbound|8080|v2|catalog.shop.svc.cluster.local': 50 } },
    });
    expect([changes.length, proxies.changed.length]).toEqual([1, 1]);
  });

  test('routes have their share, and pairs what was seen of them', async () => {
    const catalog = await until('requests to the catalog are counted', async () => {
      const { routes } = await mesh().get<TrafficUse>('/traffic?namespace=shop');
      return routes.find(({ name, requests }) => name === 'catalog' && requests > 0);
    });
    expect(catalog).toMatchObject({ share: 1, destinations: [{ cluster: 'outbound|8080|v1|catalog.shop.svc.cluster.local', share: 1 }] });
    await until('the call was seen', async () => {
      const { items } = await mesh().get<AccessMatrix>('/access-matrix?namespace=shop');
      return items.find(({ from, to, seen }) => from.workload === 'web' && to.workload === 'catalog-v1' && seen?.mtls === 'mutual');
    });
  });

  test('every pod has a certificate of the authority, and its start is written down', async () => {
    const { authority, items } = await mesh().get<Certificates>('/certificates');
    const signer = authority.find(({ signs }) => signs)?.serial;
    expect(new Set(items.map(({ issuer }) => issuer))).toEqual(new Set([signer]));
    expect(items.map(({ workload }) => workload)).toEqual(expect.arrayContaining(['web', 'catalog-v1', 'istio-ingressgateway']));
    await until('the rollout is told', async () => {
      const { items: changes } = await mesh().get<MeshChanges>('/changes?namespace=shop&service=web');
      return changes.find(({ kind, workload, words }) => kind === 'rollout' && workload === 'web' && words.includes('became ready'));
    });
  });
};
