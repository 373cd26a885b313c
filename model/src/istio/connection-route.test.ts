import { expect, test } from 'vitest';
import { expected, reported } from '../testing/marked.ts';
import { virtualService } from '../testing/shapes.ts';

const to = '[{destination: {host: b}}]';
const tls = (match: string): string => virtualService(`  hosts: [a.com, "*.b.com"]\n  tls:\n  - match: [${match}]\n    route: ${to}`);
const tcp = (text: string): string => virtualService(`  hosts: [a.com]\n  tcp:\n${text}`);

test.each([
  [
    'names within the hosts',
    tls('{port: 443, sniHosts: [A.com, x.b.com, "*.c.b.com"], destinationSubnets: [10.0.0.0/8, "2001:db8::/64"]}'),
  ],
  ['no names', tls('{port: 443, sniHosts: []} # E IST0106 spec.tls[0].match[0].sniHosts\n    ')],
  ['no match', virtualService(`  hosts: [a.com]\n  tls:\n  - route: ${to} # E IST0106 spec.tls[0]`)],
  ['a name outside the hosts', tls('{sniHosts: [c.com]} # E IST0106 spec.tls[0].match[0].sniHosts[0]\n    ')],
  ['a wildcard wider than the hosts', tls('{sniHosts: ["*.com"]} # E IST0106 spec.tls[0].match[0].sniHosts[0]\n    ')],
  ['a wildcard within a label', tls('{sniHosts: ["w*w.b.com"]} # E IST0106 spec.tls[0].match[0].sniHosts[0]\n    ')],
  [
    '/64 of IPv4',
    tls('{sniHosts: [a.com], destinationSubnets: [10.0.0.0/64]} # E IST0106 spec.tls[0].match[0].destinationSubnets[0]\n    '),
  ],
  ['weighted', tcp('  - route: [{destination: {host: b}, weight: 1}, {destination: {host: c}, weight: 3}]')],
  ['all weights 0', tcp('  - route: [{destination: {host: b}}, {destination: {host: c}}] # E IST0106 spec.tcp[0].route')],
  ['no destination', tcp('  - match: [{port: 80}] # E IST0106 spec.tcp[0]')],
  ['no port', tcp(`  - match: [{port: 70000}] # E IST0106 spec.tcp[0].match[0].port\n    route: ${to}`)],
  [
    'a host for an address',
    tcp(`  - match: [{destinationSubnets: [x]}] # E IST0106 spec.tcp[0].match[0].destinationSubnets[0]\n    route: ${to}`),
  ],
  ['no gateway', tcp(`  - match: [{gateways: [a/b/c]}] # E IST0106 spec.tcp[0].match[0].gateways[0]\n    route: ${to}`)],
  ['no namespace', tcp(`  - match: [{sourceNamespace: A_B}] # E IST0106 spec.tcp[0].match[0].sourceNamespace\n    route: ${to}`)],
  ['the source address', tcp(`  - match: [{sourceSubnet: 10.0.0.0/8}] # W WEFT0101 spec.tcp[0].match[0].sourceSubnet\n    route: ${to}`)],
  ['behind a route for all', tcp(`  - route: ${to}\n  - match: [{port: 80}] # W IST0130 spec.tcp[1]\n    route: ${to}`)],
  [
    'a repeated match',
    tcp(`  - match: [{port: 80}]\n    route: ${to}\n  - match: [{port: 80}] # I IST0131 spec.tcp[1].match[0]\n    route: ${to}`),
  ],
])('a connection route: %s [S51]', (_, text) => expect(reported(text)).toEqual(expected(text)));
