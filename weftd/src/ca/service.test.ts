import { X509Certificate } from 'node:crypto';
import { Client, credentials, Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { methodTable } from '@weft/envoy';
import { IstioCertificateService } from '@weft/envoy/gen/security/v1alpha1/ca_pb.js';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type GrpcServer, serveGrpc } from '../push/grpc.ts';
import { makeTally } from '../telemetry/tally.ts';
import { type Fixture, instance, makeCsr, makeFixture } from './fixture.ts';
import { certificateService } from './service.ts';
import { keyToPem, makeKeys } from './x509.ts';

let fixture: Fixture;
let server: GrpcServer;
let log: { fields: object; message: string }[] = [];
beforeAll(async () => {
  fixture = await makeFixture();
  const write = (fields: object, message: string): void => void log.push({ fields, message });
  const service = certificateService({
    ca: fixture.ca,
    now: () => fixture.clock.time,
    tally: makeTally(),
    log: { info: write, warn: write },
  });
  server = await serveGrpc({ addresses: ['127.0.0.1:0'], identities: fixture.ca.serving, services: [service] });
});
beforeEach(() => {
  log = [];
  fixture.clock.time += 10_000; // a full bucket for each test
  fixture.instances.splice(0, Number.POSITIVE_INFINITY, instance('shop', 'web-1'));
});
afterAll(async () => {
  await server.close();
  await fixture.close();
});

const method = methodTable<typeof IstioCertificateService, Buffer>(IstioCertificateService, (bytes) =>
  Buffer.from(bytes),
).createCertificate;

interface Wish {
  readonly csr?: string;
  readonly token?: string;
  readonly certificate?: { readonly key: string; readonly chain: string };
}

const connected = (certificate?: Wish['certificate']): Client => {
  const [key, chain] = certificate ? [Buffer.from(certificate.key), Buffer.from(certificate.chain)] : [null, null];
  const tls = credentials.createSsl(Buffer.from(fixture.ca.bundles().pem), key, chain);
  return new Client(`127.0.0.1:${server.ports[0]}`, tls, { 'grpc.ssl_target_name_override': 'istiod.istio-system.svc' });
};

/** @returns the chain, or the error as the caller sees it */
const ask = async ({ csr, token, certificate }: Wish, shared?: Client): Promise<string[] | ServiceError> => {
  const client = shared ?? connected(certificate);
  const metadata = new Metadata();
  if (token !== undefined) metadata.set('authorization', `Bearer ${token}`);
  const request = { csr: csr ?? (await makeCsr()), validityDuration: 86_400n };
  const deadline = { deadline: Date.now() + 30_000 };
  return new Promise<string[] | ServiceError>((resolve) => {
    const { path, requestSerialize, responseDeserialize } = method;
    client.makeUnaryRequest(
      path,
      requestSerialize,
      (bytes: Buffer) => responseDeserialize(bytes as Buffer<ArrayBuffer>),
      request,
      metadata,
      deadline,
      (error, value) => resolve(error ?? value?.certChain ?? []),
    );
  }).finally(() => shared ?? client.close());
};
const mint = async (): Promise<string> => {
  const minted = await fixture.ca.mint({ namespace: 'shop', serviceAccount: 'default', pod: { name: 'web-1', uid: 'uid-shop-web-1' } });
  return minted.ok ? minted.token.token : '';
};

test('a token gives a certificate, and that certificate the next', async () => {
  const keys = await makeKeys();
  const chain = await ask({ token: await mint(), csr: await makeCsr({ keys }) });
  if (!Array.isArray(chain)) throw chain;
  expect(new X509Certificate(chain[0] ?? '').subjectAltName).toContain('URI:spiffe://cluster.local/ns/shop/sa/default');
  expect(chain).toHaveLength(3); // Istio's form: the root is the last
  expect(new X509Certificate(chain[2] ?? '').raw).toEqual(new X509Certificate(fixture.ca.bundles().pem).raw);
  const renewed = await ask({ certificate: { key: await keyToPem(keys.privateKey), chain: chain.slice(0, 2).join('\n') } });
  if (!Array.isArray(renewed)) throw renewed;
  expect(new X509Certificate(renewed[0] ?? '').subjectAltName).toBe(new X509Certificate(chain[0] ?? '').subjectAltName);
});

test('a refusal says nothing to the caller and why to the log', async () => {
  const token = await mint();
  const cases: [Wish, number, string][] = [
    [{}, status.UNAUTHENTICATED, 'no credential'],
    [{ token: 'a.b.c' }, status.UNAUTHENTICATED, 'invalid'],
    [{ token, csr: 'rubbish' }, status.INVALID_ARGUMENT, 'not one PEM block'],
  ];
  for (const [wish, code, reason] of cases) {
    const answer = await ask(wish);
    if (Array.isArray(answer)) throw new Error('issued');
    expect(answer.code).toBe(code);
    expect(answer.details).not.toContain(reason);
    expect(log.at(-1)?.fields).toMatchObject({ reason: expect.stringContaining(reason) });
  }
  expect(JSON.stringify(log)).not.toContain(token);
});

test('a certificate that another CA made for the same name is worth nothing, even with the right token in the log', async () => {
  const other = await makeFixture();
  const keys = await makeKeys();
  const caller = { identity: { trustDomain: 'cluster.local', namespace: 'shop', serviceAccount: 'default' }, by: 'token' } as const;
  const forged = await other.ca.issue(await makeCsr({ keys }), caller);
  const chain = forged.ok ? forged.certificate.chain.join('\n') : '';
  expect(await ask({ certificate: { key: await keyToPem(keys.privateKey), chain } })).toMatchObject({ code: status.UNAUTHENTICATED });
  await other.close();
});

test('one identity gets ten a second of a thousand, and others all that they ask for meanwhile', { timeout: 60_000 }, async () => {
  fixture.instances.push(instance('pay', 'ledger-0'));
  const token = await mint();
  const csr = await makeCsr();
  const minted = await fixture.ca.mint({ namespace: 'pay', serviceAccount: 'default', pod: { name: 'ledger-0', uid: 'uid-pay-ledger-0' } });
  const other = { token: minted.ok ? minted.token.token : '' };
  const client = connected();
  const flood = Array.from({ length: 1_000 }, () => ask({ token, csr }, client));
  const others = await Promise.all(Array.from({ length: 10 }, () => ask(other)));
  const answers = await Promise.all(flood);
  expect(answers.filter(Array.isArray)).toHaveLength(10);
  for (const answer of answers) if (!Array.isArray(answer)) expect(answer.code).toBe(status.RESOURCE_EXHAUSTED);
  for (const answer of others) expect(answer).toHaveLength(3);
  fixture.clock.time += 1_000;
  expect(await ask({ token, csr }, client)).toHaveLength(3);
  client.close();
});
