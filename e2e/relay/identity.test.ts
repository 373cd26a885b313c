import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from 'node:tls';
import { describe, expect } from 'vitest';
import { makeKeyRequest } from '../../agent/src/identity/key.ts';
import type { Ca } from '../../weftd/src/ca/ca.ts';
import { type Bench, until } from './bench.ts';
import { ask, type ClientCertificate, certificateFrom } from './client.ts';
import { test } from './scene.ts';

describe('a peer of an Envoy', () => {
  test('is who its own trust domain says, and nobody else', async ({ workbench, envoy, startWeftd, otherCa }) => {
    const partner = await otherCa('partner', 'partner.example');
    const forger = await forgingCa(workbench, partner);
    const plane = await startWeftd({ bundles: (own) => ({ ...own, domains: [...own.domains, ...partner.bundles().domains] }) });
    await workbench.serve(plane);
    await envoy();
    const ours = await certificateFrom(plane.ca);
    const peers: [string, ClientCertificate | undefined, boolean][] = [
      ['one of ours', ours, true],
      ['one of the partner', await certificateFrom(partner), true],
      ['the partner vouching for one of ours [E2]', await forger('cluster.local'), false],
      ['the partner vouching for a domain that nobody knows', await forger('third.example'), false],
      ['another CA with our name', await certificateFrom(await otherCa('impostor', 'cluster.local')), false],
      ['nobody', undefined, false],
      ['weftd’s own server', { key: plane.ca.serving.current().privateKey, cert: plane.ca.serving.current().certificate }, false],
      ['one of ours with another key', { key: (await makeKeyRequest()).key, cert: ours.cert }, false],
    ];
    for (const [who, certificate, welcome] of peers) {
      const answer = await ask(workbench.port, certificate).then(
        ({ body }) => body,
        () => 'refused',
      );
      expect(answer, who).toBe(welcome ? 'one' : 'refused');
    }
  });

  test('is refused from the second that its certificate ends', async ({ workbench, envoy, startWeftd, otherCa }) => {
    const plane = await startWeftd();
    await workbench.serve(plane);
    await envoy();
    const short = await certificateFrom(await otherCa('ca', 'cluster.local', 3));
    expect((await ask(workbench.port, short)).body).toBe('one');
    await sleep(4_000);
    await expect(ask(workbench.port, short)).rejects.toThrow();
  });
});

test('weftd is not trusted by its address: an agent tells nothing to another server', async ({ workbench, startWeftd, otherCa }) => {
  const plane = await startWeftd();
  const impostor = await otherCa('impostor', 'cluster.local');
  await plane.stop();
  await plane.start({ identities: impostor.serving });
  const proxy = await workbench.serve(plane);
  await until('the refusal', () => proxy.status().message.includes('no certificate'));
  expect(proxy.status().identity).toBeNull();
});

test('weftd serves nobody without a credential, and TLS only', async ({ startWeftd }) => {
  const plane = await startWeftd();
  const path = plane.address.replace('unix:', '');
  const { certificate } = plane.ca.serving.current();
  const names = await new Promise<string>((resolve, reject) => {
    const socket = connect({ path, ca: plane.ca.bundles().pem, servername: 'weftd', ALPNProtocols: ['h2'] }, () => {
      resolve(socket.getPeerX509Certificate()?.subjectAltName ?? '');
      socket.destroy();
    }).on('error', reject);
  });
  expect(certificate).toContain('BEGIN CERTIFICATE');
  expect(names).toBe('DNS:weftd, DNS:istiod.istio-system.svc, DNS:weftd.istio-system.svc, DNS:localhost, IP Address:127.0.0.1');
});

/** A CA of one domain that signs what it likes, which ours refuses to: its files say that it is of another domain. */
const forgingCa = async ({ directory }: Bench, { trustDomain }: Ca): Promise<(claimed: string) => Promise<ClientCertificate>> => {
  const { openAuthority } = await import('../../weftd/src/ca/authority.ts');
  const { prepare, sign } = await import('../../weftd/src/ca/issue.ts');
  const { checkCsr } = await import('../../weftd/src/ca/csr.ts');
  const powers = { now: Date.now, random: (size: number) => crypto.getRandomValues(new Uint8Array(size)) };
  const authority = await openAuthority({ directory: join(directory, 'partner'), trustDomain, ...powers });
  return async (claimed) => {
    const { key, csr } = await makeKeyRequest();
    const checked = await checkCsr(csr);
    if (!checked.ok) throw new Error(checked.reason);
    const subject = { kind: 'workload', trustDomain: claimed, uri: `spiffe://${claimed}/ns/shop/sa/client` } as const;
    const { chain } = await sign(prepare({ subject, publicKey: checked.publicKey, seconds: 600 }, { authority, ...powers }));
    return { key, cert: chain.join('\n') };
  };
};
