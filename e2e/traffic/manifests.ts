/** From manifests to what one sidecar is told. */
import { build, scope, type View } from '@weft/compile';
import { meshSettings, type Proxy, parse } from '@weft/model';
import { expect } from 'vitest';

const proxy: Proxy = {
  id: 'sidecar~10.244.0.1~web-1.shop~shop.svc.cluster.local',
  role: 'sidecar',
  name: 'web-1',
  namespace: 'shop',
  serviceAccount: 'web',
  labels: { app: 'web' },
  addresses: ['127.0.0.1'],
  cluster: 'Kubernetes',
  network: '',
  locality: { region: '', zone: '', subzone: '' },
  dnsDomain: 'shop.svc.cluster.local',
};

/** Of the workload `web` in namespace `shop`; fails where something is wrong with the manifests. */
export const viewOf = (text: string): View => {
  const { resources, findings } = parse({ text, file: 'mesh.yaml', origin: { source: 'file' } });
  expect(findings.filter(({ severity }) => severity === 'error')).toEqual([]);
  return scope(build({ resources, pods: [], settings: meshSettings(resources) }).mesh, proxy);
};
