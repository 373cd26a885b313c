/** Titles name the rules that they pin. */
import { describe, expect, test } from 'vitest';
import type { HttpMatch, HttpRoute, Retry, RouteAction } from '../mesh/index.ts';
import { emit } from './index.ts';
import { namesOf, read } from './read.fixture.ts';
import { gatewayOn, outbound, route, type Sample, sidecar, to } from './views.fixture.ts';

const web = 'web.shop.svc.cluster.local';
const emitted = (samples: Sample[], init = {}) => emit(sidecar({ outbound: outbound(samples, init) }));
const hostOf = (routes?: readonly HttpRoute[]) => read(emitted([{ name: 'web', ...(routes && { routes }) }]), 'VHDS', `80/${web}:80`);
const only = (made: HttpRoute) => hostOf([made]).routes[0];
const acting = (action: RouteAction) => only(route(action));
const matching = (match: Partial<HttpMatch>) => only(route(to(['c', 1]), match)).match;

const retry: Retry = { attempts: 3, retryOn: ['5xx'], statusCodes: [503], perTryTimeout: 500, backoff: 50 };

describe('tables', () => {
  test('[S7, S10-S12]: one for each port, its virtual hosts apart, its last one for everybody else', () => {
    const set = emitted([
      { name: 'web', aliases: ['web', 'web.shop', 'web.shop.svc'] },
      { name: 'api', port: 8080 },
    ]);
    expect(namesOf(set, 'RDS')).toEqual(['80', '8080']);
    expect(namesOf(set, 'VHDS')).toEqual([`80/${web}:80`, '8080/api.shop.svc.cluster.local:8080']);
    expect(read(set, 'VHDS', `80/${web}:80`)).toMatchObject({
      // Not `<host>:<port>` alone: see `encodeHost`.
      name: `80/${web}:80`,
      domains: [web, `${web}.`, 'web', 'web.shop', 'web.shop.svc', '10.96.0.10'],
    });
    expect(read(set, 'RDS', '80')).toMatchObject({
      ignore_port_in_host_matching: true,
      validate_clusters: false,
      vhds: { config_source: { ads: {} } },
      virtual_hosts: [{ name: 'allow_any', domains: ['*'], routes: [{ route: { cluster: 'PassthroughCluster', timeout: '0s' } }] }],
    });
  });

  test('[S12]: REGISTRY_ONLY answers 502 itself', () => {
    const set = emitted([{ name: 'web' }], { outboundTrafficPolicy: 'REGISTRY_ONLY' });
    expect(read(set, 'RDS', '80').virtual_hosts).toMatchObject([{ name: 'block_all', routes: [{ direct_response: { status: 502 } }] }]);
    expect(read(set, 'LDS', 'virtualOutbound').filter_chains[1].filters[0].typed_config.cluster).toBe('BlackHoleCluster');
  });

  test('[S11]: headless services have the names of their pods', () => {
    const headless: Sample = { name: 'web', headless: true, addresses: [], resolution: 'original-dst' };
    expect(read(emitted([headless]), 'VHDS', `80/${web}:80`).domains).toContain(`*.${web}`);
  });

  test('a domain is the first one’s that has it: Envoy refuses a table with two', () => {
    const set = emitted([{ name: 'web' }, { name: 'cart', aliases: ['web', 'cart'] }]);
    expect(read(set, 'VHDS', '80/cart.shop.svc.cluster.local:80').domains).toEqual([
      'cart.shop.svc.cluster.local',
      'cart.shop.svc.cluster.local.',
      'cart',
    ]);
  });

  test('[S49]: rules for a host in no registry work on port 80, with or without a service there', () => {
    const virtualHosts = new Map([[80, [{ host: 'old.example', routes: [route({ kind: 'direct', status: 410 })] }]]]);
    const set = emitted([], { virtualHosts });
    expect(namesOf(set, 'VHDS')).toEqual(['80/old.example:80']);
    expect(namesOf(set, 'LDS')).toContain('0.0.0.0_80');
  });

  test('no virtual host, no VHDS: its listeners would wait for ever', () => {
    const set = emitted([
      { name: 'a', hostname: 'a.example' },
      { name: 'b', hostname: 'A.EXAMPLE'.toLowerCase(), port: 81, addresses: [] },
    ]);
    expect(read(set, 'RDS', '81')).toHaveProperty('vhds');
    const gateway = emit(sidecar({ role: 'gateway', gateway: gatewayOn(80, []) }));
    expect(read(gateway, 'RDS', 'http.80')).not.toHaveProperty('vhds');
  });
});

describe('actions', () => {
  test('[S36, S37]: without a rule everything goes to the service, retried as Istio does', () => {
    const host = hostOf();
    expect(host.routes).toMatchObject([
      { name: 'default', match: { prefix: '/' }, route: { cluster: `outbound|80||${web}`, timeout: '0s' } },
    ]);
    expect(host.retry_policy).toMatchObject({
      num_retries: 2,
      retry_on: 'connect-failure,refused-stream,unavailable,cancelled,retriable-status-codes',
      host_selection_retry_max_attempts: '5',
      retry_host_predicate: [{ name: 'envoy.retry_host_predicates.previous_hosts' }],
    });
  });

  test('[S32]: one destination takes all, of several those with weight 0 are left out', () => {
    expect(acting(to(['a', 0])).route.cluster).toBe('a');
    expect(acting(to(['a', 0], ['b', 30], ['c', 20])).route.weighted_clusters.clusters).toMatchObject([
      { name: 'b', weight: 30 },
      { name: 'c', weight: 20 },
    ]);
    expect(acting(to(['a', 0], ['b', 5])).route.cluster).toBe('b');
  });

  test('[S35]: the timeout caps a gRPC client’s own', () => {
    const { route: action } = acting({ ...to(['a', 1]), timeout: 1500 });
    expect(action).toMatchObject({ timeout: '1.500s', max_grpc_timeout: '1.500s' });
  });

  test('[S38]: retries as the rule says; said once where all routes say the same, and not at all for 0 attempts', () => {
    const policy = {
      num_retries: 3,
      retry_on: '5xx',
      retriable_status_codes: [503],
      per_try_timeout: '0.500s',
      retry_back_off: { base_interval: '0.050s' },
    };
    const one = route({ ...to(['a', 1]), retry });
    const other = route({ ...to(['b', 1]), retry: { ...retry, attempts: 1 } }, { uri: { kind: 'exact', value: '/b' } });
    expect(hostOf([one, { ...one }]).retry_policy).toMatchObject(policy);
    expect(hostOf([one, { ...one }]).routes[0].route).not.toHaveProperty('retry_policy');
    expect(hostOf([other, one]).routes[1].route.retry_policy).toMatchObject(policy);
    const none = route({ ...to(['c', 1]), retry: { ...retry, attempts: 0 } });
    const mixed = hostOf([none, one]);
    expect(mixed).not.toHaveProperty('retry_policy');
    expect(mixed.routes[0].route).not.toHaveProperty('retry_policy');
  });

  test('[S41]: set overwrites, add appends, the host is rewritten, both levels apply', () => {
    const operations = (value: string) => ({
      set: { 'x-set': value },
      add: { 'x-add': value },
      remove: [`x-${value}`],
    });
    const made = route(to(['a', 1], ['b', 1]));
    const destinations = (made.action as ReturnType<typeof to>).destinations.map((one) => ({
      ...one,
      request: operations(one.cluster),
      authority: `${one.cluster}.example`,
    }));
    const { route: action, ...whole } = only({
      ...made,
      request: operations('all'),
      action: { ...to(), destinations, rewrite: { authority: 'all.example' } },
    });
    expect(whole.request_headers_to_add).toEqual([
      { header: { key: 'x-set', value: 'all' }, append_action: 'OVERWRITE_IF_EXISTS_OR_ADD' },
      { header: { key: 'x-add', value: 'all' } },
    ]);
    expect(whole.request_headers_to_remove).toEqual(['x-all']);
    expect(action.host_rewrite_literal).toBe('all.example');
    expect(action.weighted_clusters.clusters[1]).toMatchObject({ host_rewrite_literal: 'b.example', request_headers_to_remove: ['x-b'] });
  });

  test('[S42]: redirects say what they replace', () => {
    const redirect = { kind: 'redirect', code: 308, uri: '/new', authority: 'x.example', scheme: 'https' } as const;
    expect(acting(redirect).redirect).toEqual({
      path_redirect: '/new',
      host_redirect: 'x.example',
      scheme_redirect: 'https',
      response_code: 'PERMANENT_REDIRECT',
    });
    expect(acting({ ...redirect, port: 8443 }).redirect.port_redirect).toBe(8443);
  });

  test('[S43]: rewrites', () => {
    expect(acting({ ...to(['a', 1]), rewrite: { uri: '/v2', authority: 'b' } }).route).toMatchObject({
      prefix_rewrite: '/v2',
      host_rewrite_literal: 'b',
    });
    expect(acting({ ...to(['a', 1]), rewrite: { regex: { match: '/(.*)', rewrite: '/\\1' } } }).route.regex_rewrite).toEqual({
      pattern: { regex: '/(.*)' },
      substitution: '/\\1',
    });
  });

  test('a destination that is none is refused, not lost', () => {
    expect(acting(to()).direct_response.status).toBe(503);
  });
});

describe('matches', () => {
  test('[S28, S29, S31]: prefixes are text, regular expressions are whole, case only where it can be ignored', () => {
    expect(matching({ uri: { kind: 'prefix', value: '/foo' } })).toEqual({ prefix: '/foo' });
    expect(matching({ uri: { kind: 'exact', value: '/foo' }, ignoreUriCase: true })).toEqual({ path: '/foo', case_sensitive: false });
    expect(matching({ uri: { kind: 'regex', value: '/f.*' }, ignoreUriCase: true })).toEqual({ safe_regex: { regex: '/f.*' } });
  });

  test('[S30]: without a header means also that it is missing', () => {
    const headers = [
      { name: 'a', match: { kind: 'exact', value: '1' }, invert: true },
      { name: 'b', match: { kind: 'present' }, invert: true },
      { name: 'c', match: { kind: 'prefix', value: 'x' }, invert: false },
    ] as const;
    expect(matching({ headers }).headers).toEqual([
      { name: 'a', string_match: { exact: '1' }, invert_match: true, treat_missing_header_as_empty: true },
      { name: 'b', present_match: true, invert_match: true },
      { name: 'c', string_match: { prefix: 'x' } },
    ]);
  });

  test('method, authority and query', () => {
    const match = matching({
      method: { kind: 'exact', value: 'POST' },
      authority: { kind: 'prefix', value: 'a.' },
      queryParams: [{ name: 'q', match: { kind: 'present' } }],
    });
    expect(match.headers.map(({ name }: { name: string }) => name)).toEqual([':method', ':authority']);
    expect(match.query_parameters).toEqual([{ name: 'q', present_match: true }]);
  });
});

describe('gateways [S117-S120]', () => {
  const hosts = [
    { hosts: ['a.example', '*.b.example'], routes: [route(to(['a', 1]))], httpsRedirect: false },
    { hosts: ['c.example', 'a.example'], routes: [], httpsRedirect: true },
  ];
  const set = emit(sidecar({ role: 'gateway', gateway: gatewayOn(80, hosts) }));

  test('[S119]: servers of one port share a table; a host belongs to the first; nobody catches the rest', () => {
    expect(namesOf(set, 'LDS')).toEqual(['0.0.0.0_80']);
    expect(read(set, 'RDS', 'http.80')).not.toHaveProperty('virtual_hosts');
    expect(read(set, 'VHDS', 'http.80/a.example:80').domains).toEqual(['a.example', '*.b.example']);
    expect(read(set, 'VHDS', 'http.80/c.example:80').domains).toEqual(['c.example']);
  });

  test('[S120]: httpsRedirect is for every path', () => {
    expect(read(set, 'VHDS', 'http.80/c.example:80').require_tls).toBe('ALL');
  });

  test('[S87]: the client’s address is the connection’s, and no forged certificate passes', () => {
    const manager = read(set, 'LDS', '0.0.0.0_80').filter_chains[0].filters[0].typed_config;
    expect(manager).toMatchObject({ use_remote_address: true, forward_client_cert_details: 'SANITIZE_SET', normalize_path: true });
  });
});
