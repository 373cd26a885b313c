/** Whom a gateway believes: the client's address and certificate as proxies before it say them, or nobody's word [S87]. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { freePort } from '../port.ts';
import { ask } from './backend.ts';
import { eventually, type GatewayEnvoy, httpGateway, startGateway } from './gateway.ts';

let port = 0;
let envoy: GatewayEnvoy;

const metadata = { name: 'edge', namespace: 'edge' };

/** Answers with what it took the client for. */
const mesh = (gatewayTopology: object): string =>
  [
    {
      apiVersion: 'mesh.weft.dev/v1alpha1',
      kind: 'MeshConfig',
      metadata: { name: 'mesh' },
      spec: { defaultConfig: { gatewayTopology } },
    },
    httpGateway(metadata, port),
    {
      apiVersion: 'networking.istio.io/v1',
      kind: 'VirtualService',
      metadata,
      spec: {
        hosts: ['*'],
        gateways: ['edge'],
        http: [
          {
            directResponse: { status: 200 },
            headers: {
              response: {
                set: { 'x-client': '%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%', 'x-certificate': '%REQ(x-forwarded-client-cert)%' },
              },
            },
          },
        ],
      },
    },
  ]
    .map((object) => stringify(object))
    .join('---\n');

/** The client's address and certificate, as the gateway took them. */
const taken = async (): Promise<string> => {
  const said = { 'x-forwarded-for': '192.0.2.1, 192.0.2.2, 192.0.2.3', 'x-forwarded-client-cert': 'By=me' };
  const { headers } = await ask({ port, host: 'a.example', headers: said });
  return `${headers['x-client']} ${headers['x-certificate']}`;
};

beforeAll(async () => {
  port = await freePort();
  envoy = await startGateway(mesh({ numTrustedProxies: 2, forwardClientCertDetails: 'ALWAYS_FORWARD_ONLY' }));
}, 60_000);

afterAll(() => envoy?.stop());

test('two trusted proxies: the address before theirs counts, and so does their word about the certificate', () =>
  eventually(taken, (said) => said === '192.0.2.2 By=me'));

test('none: the connection’s own address, and no certificate', async () => {
  envoy.set(mesh({}));
  await eventually(taken, (said) => said === '127.0.0.1 undefined');
  expect(envoy.refusals).toEqual([]);
});
