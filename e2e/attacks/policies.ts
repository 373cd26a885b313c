/** The policies under attack: each kind of field once or more, each behind a host or a path of its own. */
import type { Rule, Spec } from './judge.ts';

const to = (operation: Readonly<Record<string, readonly string[]>>) => [{ operation }];

export const trusted = 'cluster.local/ns/shop/sa/cert-manager.io';

/** Whom no rule below serves, whatever they ask for. */
const denied: readonly Rule[] = [
  { to: to({ paths: ['/admin', '/secret*', '*.bak', '/vault/{*}/key', '/deep/er', '/enc%2fd/%61'] }) },
  { to: to({ hosts: ['deny.example.com', '*.closed.example'] }) },
  { when: [{ key: 'request.headers[x-role]', values: ['admin', 'root*'] }] },
  { to: to({ paths: ['/tagged*'] }), when: [{ key: 'request.headers[x-tag]', notValues: ['good', 'fine-*'] }] },
  { to: to({ methods: ['DELETE', 'TRACE', 'CONNECT'] }) },
  { to: to({ methods: ['GET'], paths: ['/unread'] }) },
  { from: [{ source: { notPrincipals: ['*'] } }], to: to({ paths: ['/mesh', '/mesh/*'] }) },
  { from: [{ source: { notRequestPrincipals: ['*'] } }], to: to({ paths: ['/token', '/token/*'] }) },
];

const allowed: readonly Rule[] = [
  { to: to({ hosts: ['a.example', '*.example.com', 'x.closed.example', 'deny.example.com'], notPaths: ['/only/*'] }) },
  { to: to({ hosts: ['role.example'] }), when: [{ key: 'request.headers[x-role]', values: ['user', 'staff-*'] }] },
  { to: to({ hosts: ['stranger.example'] }), from: [{ source: { notPrincipals: ['cluster.local/ns/shop/sa/bad'] } }] },
  { to: to({ hosts: ['elsewhere.example'] }), from: [{ source: { notNamespaces: ['bank'] } }] },
  { to: to({ hosts: ['known.example'] }), from: [{ source: { principals: [trusted] } }] },
  { to: to({ hosts: ['account.example'] }), from: [{ source: { serviceAccounts: ['shop/cert-manager.io'] } }] },
  { to: to({ hosts: ['space.example'] }), from: [{ source: { namespaces: ['shop'] } }] },
  { to: to({ hosts: ['direct.example'] }), from: [{ source: { ipBlocks: ['192.0.2.0/24'] } }] },
  { to: to({ hosts: ['client.example'] }), from: [{ source: { remoteIpBlocks: ['192.0.2.0/24', '2001:db8::/32'] } }] },
  { to: to({ hosts: ['exact.example'], paths: ['/public', '/items/{*}/read', '/docs/*'] }) },
];

export const policies: readonly Spec[] = [
  { action: 'DENY', rules: denied },
  { action: 'ALLOW', rules: allowed },
];
