import type { AccessRecord } from '@weft/signals';

export const noon = Date.UTC(2026, 10, 23, 12);

const party = (namespace: string, workload: string) => ({
  principal: `spiffe://cluster.local/ns/${namespace}/sa/${workload}`,
  ...{ namespace, workload, app: workload, version: 'v1', cluster: 'local' },
});

export interface Said {
  readonly at?: number;
  readonly side?: AccessRecord['side'];
  readonly from?: string;
  readonly to?: string;
  readonly path?: string;
  readonly status?: number;
  readonly denied?: boolean;
  readonly client?: string;
  readonly peer?: string;
  readonly id?: string;
}

/** A request from web to payments in `shop`, unless something else is said. */
export const recordOf = (said: Said = {}): AccessRecord => {
  const { at = noon, side = 'destination', from = 'web', to = 'payments', path = '/pay', status = 200, denied = false } = said;
  const { peer = '10.244.0.7', client = peer, id = 'eb0a3e90-13eb-4e76-8f70-0dc8f36654d9' } = said;
  return {
    at,
    side,
    source: { ...party('shop', from), address: peer.includes(':') ? `[${peer}]:40000` : `${peer}:40000`, client },
    destination: { ...party('shop', to), address: '10.244.0.8:8080', service: `${to}.shop.svc.cluster.local` },
    duration: 3,
    protocol: 'HTTP/2',
    request: { method: 'POST', host: `${to}:8080`, path, status, grpcStatus: '', id, trace: '', denial: denied ? `denial-${id}` : '' },
    received: 12,
    sent: 34,
    flags: '',
    details: denied ? 'rbac_access_denied_matched_policy[none]' : 'via_upstream',
    route: 'default',
    upstreamCluster: 'inbound|8080||',
    tls: { version: 'TLSv1.3', cipher: 'TLS_AES_128_GCM_SHA256', serial: 'c17f', serverName: '' },
    mtls: true,
    verdict: denied ? { kind: 'denied', by: 'policy', reason: 'rbac_access_denied_matched_policy[none]' } : { kind: 'allowed' },
  };
};
