import { X509Certificate } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Caller } from './caller.ts';
import { type Fixture, instance, makeCsr, makeFixture, webCaller } from './fixture.ts';
import { x509 } from './x509.ts';

let fixture: Fixture;
beforeAll(async () => {
  fixture = await makeFixture();
  fixture.instances.push(
    instance('shop', 'web-1'),
    instance('shop', 'gate-1', { proxy: 'gateway', serviceAccount: 'gate', workload: { kind: 'Deployment', name: 'gate' } }),
    instance('pay', 'ledger-0', { serviceAccount: 'ledger' }),
    instance('pay', 'web-1', { serviceAccount: 'default' }),
  );
});
afterAll(() => fixture.close());

const names = (...list: x509.JsonGeneralNames): x509.Extension => new x509.SubjectAlternativeNameExtension(list);
const victim = 'spiffe://cluster.local/ns/pay/sa/ledger';
/** A request that asks for somebody else, in every way that a CSR can say it [G5]. */
const tricks: Readonly<Record<string, { subject?: string; extensions?: x509.Extension[] }>> = {
  'another identity': { extensions: [names({ type: 'url', value: victim })] },
  'its own and another identity': {
    extensions: [names({ type: 'url', value: 'spiffe://cluster.local/ns/shop/sa/default' }, { type: 'url', value: victim })],
  },
  'two name extensions': { extensions: [names({ type: 'url', value: victim }), names({ type: 'dns', value: 'ledger.pay.svc' })] },
  'a critical name extension': { extensions: [new x509.SubjectAlternativeNameExtension([{ type: 'url', value: victim }], true)] },
  'upper case': { extensions: [names({ type: 'url', value: victim.toUpperCase() })] },
  'an escaped slash': { extensions: [names({ type: 'url', value: 'spiffe://cluster.local/ns%2fpay/sa/ledger' })] },
  'a trailing slash': { extensions: [names({ type: 'url', value: `${victim}/` })] },
  'an empty path': { extensions: [names({ type: 'url', value: 'spiffe://cluster.local' })] },
  'dot segments': { extensions: [names({ type: 'url', value: 'spiffe://cluster.local/ns/shop/../pay/sa/ledger' })] },
  'a query': { extensions: [names({ type: 'url', value: `${victim}?x` })] },
  'a port': { extensions: [names({ type: 'url', value: 'spiffe://cluster.local:1/ns/pay/sa/ledger' })] },
  'a user': { extensions: [names({ type: 'url', value: 'spiffe://a@cluster.local/ns/pay/sa/ledger' })] },
  'another trust domain': { extensions: [names({ type: 'url', value: 'spiffe://partner.example/ns/pay/sa/ledger' })] },
  'a NUL': { extensions: [names({ type: 'url', value: `${victim}\0.evil` })] },
  'a list in one name': { extensions: [names({ type: 'url', value: `${victim},URI:${victim}` })] },
  'the control plane by DNS': { extensions: [names({ type: 'dns', value: 'weftd' }, { type: 'dns', value: 'istiod.istio-system.svc' })] },
  'another attested name': { extensions: [names({ type: 'dns', value: 'ledger.ledger.v1.east.meta.mesh' })] },
  'an address': { extensions: [names({ type: 'ip', value: '127.0.0.1' })] },
  'a mail address': { extensions: [names({ type: 'email', value: 'root@pay' })] },
  'an identity in the common name': { subject: `CN=${victim.replaceAll('/', '\\/')}` },
  'another instance in the subject': { subject: 'CN=weftd, 2.5.4.5=uid-pay-ledger-0' },
  'to be a CA': { extensions: [new x509.BasicConstraintsExtension(true, 3, true)] },
  'to sign certificates': { extensions: [new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true)] },
  'more uses': { extensions: [new x509.ExtendedKeyUsageExtension(['1.3.6.1.5.5.7.3.3', '2.5.29.37.0'])] },
  'a key identifier of the CA': { extensions: [new x509.SubjectKeyIdentifierExtension('00'.repeat(20))] },
  'an unknown critical extension': { extensions: [new x509.Extension('1.2.3.4', true, new Uint8Array([5, 0]))] },
};
interface Honest {
  readonly caller: Caller;
  /** All that its certificate says. */
  readonly names: string;
  readonly subject: string;
}

const bound = (namespace: string, serviceAccount: string, name: string, uid = `uid-${namespace}-${name}`): Caller => ({
  identity: { trustDomain: 'cluster.local', namespace, serviceAccount },
  instance: { name, uid },
  by: 'token',
});
const uri = (namespace: string, account: string): string => `URI:spiffe://cluster.local/ns/${namespace}/sa/${account}`;
const attested = (workload: string): string => `DNS:${workload}.web.v1_d2.east.meta.mesh`;
const serial = (uid: string): string => `O=cluster.local\nserialNumber=${uid}`;

const callers: Readonly<Record<string, Honest>> = {
  'a pod': {
    caller: webCaller,
    names: `${uri('shop', 'default')}, ${attested('web')}`,
    subject: serial('uid-shop-web-1'),
  },
  'a renewing pod': {
    caller: { ...webCaller, by: 'certificate', workload: 'web' },
    names: `${uri('shop', 'default')}, ${attested('web')}`,
    subject: serial('uid-shop-web-1'),
  },
  'an account without instance': {
    caller: { identity: webCaller.identity, by: 'token' },
    names: uri('shop', 'default'),
    subject: 'O=cluster.local',
  },
  'such an account that renews': {
    caller: { identity: webCaller.identity, by: 'certificate' },
    names: uri('shop', 'default'),
    subject: 'O=cluster.local',
  },
  'a gateway': {
    caller: bound('shop', 'gate', 'gate-1'),
    names: `${uri('shop', 'gate')}, ${attested('gate')}`,
    subject: serial('uid-shop-gate-1'),
  },
  "a neighbour in the victim's namespace": {
    caller: bound('pay', 'default', 'web-1'),
    names: `${uri('pay', 'default')}, ${attested('web')}`,
    subject: serial('uid-pay-web-1'),
  },
  'a pod whose name another has by now': {
    caller: bound('shop', 'default', 'web-1', 'former'),
    names: uri('shop', 'default'),
    subject: serial('former'),
  },
  'a pod that is gone': {
    caller: bound('shop', 'default', 'web-9'),
    names: uri('shop', 'default'),
    subject: serial('uid-shop-web-9'),
  },
};

describe.each(Object.entries(callers))('for %s, whatever the CSR asks', (_, { caller, names: expected, subject }) => {
  test.each(Object.entries(tricks))('%s', async (_trick, wish) => {
    const answer = await fixture.ca.issue(await makeCsr(wish), caller);
    if (!answer.ok) return; // refusing is as good
    const pem = answer.certificate.chain[0] ?? '';
    const leaf = new X509Certificate(pem);
    expect(leaf.subjectAltName).toBe(expected);
    expect(leaf.subject).toBe(subject);
    expect(leaf.ca).toBe(false);
    expect(leaf.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1', '1.3.6.1.5.5.7.3.2']);
    expect(new x509.X509Certificate(pem).extensions).toHaveLength(6);
  });
});
