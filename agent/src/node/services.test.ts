import { expect, test } from 'vitest';
import { run } from '../process/child.ts';
import { firewall, firewall6, outsideServices } from './services.ts';

const endpoint = (last: number) => ({ address: `10.244.0.${last}`, port: 8080 });
const services = [
  { address: '10.96.0.20', port: 80, endpoints: [endpoint(2), endpoint(3), endpoint(4)] },
  { address: '10.96.0.10', port: 80, endpoints: [endpoint(5)] },
  { address: '10.96.0.10', port: 9090, endpoints: [] },
];

test('endpoints share evenly: each rule takes its part of what is left', () => {
  const rules = firewall(services, []).split('\n');
  expect(rules.filter((rule) => rule.startsWith('-A SVC_10_96_0_20'))).toEqual([
    '-A SVC_10_96_0_20 -p tcp --dport 80 -m statistic --mode random --probability 0.3333333333 -j DNAT --to-destination 10.244.0.2:8080',
    '-A SVC_10_96_0_20 -p tcp --dport 80 -m statistic --mode random --probability 0.5000000000 -j DNAT --to-destination 10.244.0.3:8080',
    '-A SVC_10_96_0_20 -p tcp --dport 80 -j DNAT --to-destination 10.244.0.4:8080',
  ]);
});

test('the same Services in another order are the same text, so that nothing is replaced', () => {
  expect(firewall([...services].reverse(), ['10.244.0.3', '10.244.0.2'])).toBe(firewall(services, ['10.244.0.2', '10.244.0.3']));
});

test('a port without endpoints has no rule and falls to the refusal', () => {
  const text = firewall(services, []);
  expect(text).not.toContain('9090');
  expect(text).toContain('-A FORWARD -d 10.96.0.0/12 -p tcp -j REJECT --reject-with tcp-reset');
});

test('iptables takes the text as it is', async () => {
  const many = Array.from({ length: 40 }, (_, index) => ({ address: `10.96.1.${index}`, port: 80, endpoints: [endpoint(2), endpoint(3)] }));
  const command = ['unshare', ...(process.getuid?.() === 0 ? [] : ['-U', '-r']), '-n', 'iptables-restore'];
  await expect(run(command, { input: firewall(many, ['10.244.0.2']) })).resolves.toBe('');
  await expect(run(command, { input: '*nat\n-A NONE -j ACCEPT\nCOMMIT\n' })).rejects.toThrow('iptables-restore');
});

const mixed = { address: '10.96.0.30', port: 443, endpoints: [endpoint(2), { address: '192.0.2.7', port: 8443 }] };

test('an endpoint outside the mesh is the edge’s to reach', () => {
  const rules = firewall([mixed], []).split('\n');
  expect(rules.filter((rule) => rule.startsWith('-A SVC_'))).toEqual([
    '-A SVC_10_96_0_30 -p tcp --dport 443 -m statistic --mode random --probability 0.5000000000 -j DNAT --to-destination 10.244.0.2:8080',
    '-A SVC_10_96_0_30 -p tcp --dport 443 -j DNAT --to-destination 169.254.20.1:15001',
  ]);
  expect(outsideServices([...services, mixed])).toEqual([{ ...mixed, endpoints: [{ address: '192.0.2.7', port: 8443 }] }]);
});

const both = [
  ...services,
  {
    address: 'fd00:10:96::60:a',
    port: 80,
    endpoints: ['fd00:10:244::2', 'fd00:10:244::3', '2001:db8::7'].map((address) => ({ address, port: 8080 })),
  },
];

test('each family has its own firewall; IPv6 leads to pods, to DNS and through the edge', () => {
  expect(firewall(both, [])).toBe(firewall(services, []));
  expect(outsideServices(both)).toEqual([{ ...both.at(-1), endpoints: [{ address: '2001:db8::7', port: 8080 }] }]);
  const toEdge = '-j DNAT --to-destination [fd00:10:169::1]:15001';
  const rules = firewall6(both, ['fd00:10:244::2']).split('\n');
  expect(rules.filter((rule) => rule.startsWith('-A S'))).toEqual([
    '-A SERVICES -d fd00:10:96::60:a/128 -j SVC_fd00_10_96__60_a',
    '-A SVC_fd00_10_96__60_a -p tcp --dport 80 -m statistic --mode random --probability 0.3333333333 -j DNAT --to-destination [fd00:10:244::2]:8080',
    '-A SVC_fd00_10_96__60_a -p tcp --dport 80 -m statistic --mode random --probability 0.5000000000 -j DNAT --to-destination [fd00:10:244::3]:8080',
    `-A SVC_fd00_10_96__60_a -p tcp --dport 80 ${toEdge}`,
    ...['2001:2::/48', 'fd00:10:169::/64', 'fd00:10:244::/64', 'fd00:10:96::/64'].map((range) => `-A SERVICES -d ${range} -j RETURN`),
    ...['fd00:ec2::/32', 'fd20:ce::/32', 'fd00:c1::/32'].map((range) => `-A SERVICES -d ${range} -j RETURN`),
    ...['2000::/3', 'fc00::/7', '64:ff9b::/96'].map((range) => `-A SERVICES -d ${range} -p tcp ${toEdge}`),
  ]);
  expect(rules.filter((rule) => rule.endsWith('-j ACCEPT'))).toEqual([
    '-A INPUT -i lo -j ACCEPT',
    ...['fd00:10:169::1', 'fd00:10:169::2'].flatMap((address) =>
      ['udp', 'tcp'].map((protocol) => `-A INPUT -s fd00:10:244::/64 -d ${address}/128 -p ${protocol} --dport 53 -j ACCEPT`),
    ),
    '-A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT',
    '-A INPUT -s fd00:10:244::/64 -d fd00:10:169::1/128 -p tcp --dport 15001 -m conntrack --ctstate DNAT -j ACCEPT',
    '-A FORWARD -s fd00:10:244::/64 -d fd00:10:244::/64 -j ACCEPT',
  ]);
});
