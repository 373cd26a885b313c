import { kinds } from '@weft/model';
import { describe, expect, test } from 'vitest';
import type { AccessRecord, Party } from '../records/record.ts';
import { diagnose } from './diagnosis.ts';
import { flagNames, meaningOf, readFlags } from './flags.ts';
import { grpcStatus } from './grpc.ts';

test('flags are read by their names, in their order; what is unknown says nothing', () => {
  expect(readFlags('UF,URX')).toEqual(['UF', 'URX']);
  expect(readFlags('-')).toEqual([]);
  expect(readFlags('constructor,XX')).toEqual([]);
});

test('every remedy is a kind that there is', () => {
  const known = new Set(kinds.map(({ kind }) => kind));
  for (const flag of flagNames) {
    for (const end of ['caller', 'server'] as const) {
      const { words, remedies } = meaningOf(flag, end);
      expect(words).toMatch(/^[a-z].{10,}[^.]$/);
      for (const { kind } of remedies) expect(known).toContain(kind);
    }
  }
});

test.each([
  ['0', 'OK'],
  ['14', 'UNAVAILABLE'],
  ['16', 'UNAUTHENTICATED'],
  ['17', undefined],
  ['', undefined],
  ['x', undefined],
])('gRPC status "%s" is %s', (code, name) => expect(grpcStatus(code)?.name).toBe(name));

const nobody: Party = { principal: '', namespace: '', workload: '', app: '', version: '', cluster: '', address: '' };

const record = (
  side: AccessRecord['side'],
  init: Partial<AccessRecord> & { readonly status?: number; readonly grpcStatus?: string } = {},
) => {
  const { status = 503, grpcStatus: grpc = '', ...rest } = init;
  const all: AccessRecord = {
    at: 0,
    side,
    source: { ...nobody, client: '' },
    destination: { ...nobody, service: '' },
    duration: 0,
    protocol: 'HTTP/1.1',
    request: { method: 'GET', host: '', path: '/', status, grpcStatus: grpc, id: 'x', trace: '', denial: '' },
    received: 0,
    sent: 0,
    flags: '',
    details: '',
    route: '',
    upstreamCluster: '',
    mtls: true,
    verdict: { kind: 'allowed' },
    ...rest,
  };
  return all;
};
const caller = (init: Parameters<typeof record>[1]) => record('source', init);
const server = (init: Parameters<typeof record>[1]) => record('destination', init);

describe('a 503', () => {
  test.each([
    [
      'nobody is there to ask',
      { caller: caller({ flags: 'UH', details: 'no_healthy_upstream' }) },
      'caller',
      'no endpoint of the service',
      'Deployment',
    ],
    [
      'too much at once',
      { caller: caller({ flags: 'UO' }) },
      'caller',
      'a limit on connections or requests was reached',
      'DestinationRule',
    ],
    [
      'a subset that does not exist',
      { caller: caller({ flags: 'NC' }) },
      'caller',
      'a service or subset that does not exist',
      'VirtualService',
    ],
    [
      'plaintext to a server that wants mutual TLS',
      {
        caller: caller({
          flags: 'UF,URX',
          details: 'upstream_reset_before_response_started{remote_connection_failure|TLS_error:|1:WRONG_VERSION_NUMBER}',
        }),
      },
      'between',
      'one end speaks mutual TLS and the other does not',
      'PeerAuthentication',
    ],
    [
      'another identity than expected',
      { caller: caller({ flags: 'UF', details: 'remote_connection_failure|TLS_error:|268435581:SSL routines:CERTIFICATE_VERIFY_FAILED' }) },
      'between',
      'the other end’s certificate was not accepted',
      'PeerAuthentication',
    ],
    ['a server that went away', { caller: caller({ flags: 'UC' }) }, 'between', 'ended before the answer was there', 'DestinationRule'],
    [
      'an application that does not listen',
      { caller: caller({ details: 'via_upstream' }), server: server({ flags: 'UF', details: 'delayed_connect_error:_111' }) },
      'application',
      'the application could not be connected to; nobody listens on that port',
      'Service',
    ],
    [
      'an application that crashed',
      { caller: caller({}), server: server({ flags: 'UC' }) },
      'application',
      'closed the connection before it had answered',
      'Deployment',
    ],
    [
      'an application that says so',
      { caller: caller({}), server: server({ details: 'via_upstream' }) },
      'application',
      'the application itself answered status 503',
      'Deployment',
    ],
    ['a fault of somebody’s making', { caller: caller({ flags: 'FI' }) }, 'caller', 'a fault was injected', 'VirtualService'],
  ] as const)('%s', (_, seen, hop, words, kind) => {
    const found = diagnose(seen);
    expect([found?.hop, found?.remedies[0]?.kind]).toEqual([hop, kind]);
    expect(found?.words).toContain(words);
  });

  test('of several flags the one that caused the others comes first, and all are told', () => {
    const found = diagnose({ caller: caller({ flags: 'URX,UT' }) });
    expect(found?.words).toContain('did not answer within the time');
    expect(found?.flags.map(({ name }) => name)).toEqual(['UpstreamRetryLimitExceeded', 'UpstreamRequestTimeout']);
  });
});

test('where the caller gave up, its proxy knows why', () => {
  const left = server({ status: 0, flags: 'DC' });
  expect(diagnose({ caller: caller({ status: 504, flags: 'UT' }), server: left })).toMatchObject({
    hop: 'between',
    flags: [
      { flag: 'UT', by: 'caller' },
      { flag: 'DC', by: 'server' },
    ],
  });
  expect(diagnose({ server: left })).toMatchObject({ hop: 'client', flags: [{ flag: 'DC' }] });
});

test('what only delayed it is no failure', () => {
  expect(diagnose({ caller: caller({ status: 200, flags: 'DI' }) })).toBeUndefined();
  expect(diagnose({ caller: caller({ status: 503, flags: 'DI' }) })?.words).toBe('the other end answered status 503');
});

test.each([
  ['request_headers_too_large', 431, 'client', 'too many or too large'],
  ['direct_response', 418, 'caller', 'the route answers so itself'],
  ['upgrade_failed', 403, 'client', 'an upgrade'],
])('without a flag %s says it', (details, status, hop, words) => {
  const found = diagnose({ caller: caller({ status, details }) });
  expect(found).toMatchObject({ hop, words: expect.stringContaining(words) });
});

test('a host in no registry is no answer of an application, and names the Sidecar', () => {
  const found = diagnose({ caller: caller({ status: 502, details: 'direct_response', route: 'block_all' }) });
  expect(found).toMatchObject({ hop: 'caller', words: expect.stringContaining('REGISTRY_ONLY') });
  expect(found?.remedies[0]).toEqual({ kind: 'Sidecar', field: 'spec.egress[].hosts' });
  const bytes = caller({ flags: 'UH', upstreamCluster: 'BlackHoleCluster' });
  expect(diagnose({ caller: bytes })?.words).toContain('REGISTRY_ONLY');
});

test.each([
  ['Jwt_is_expired', 'expired', 'spec.jwtRules[].issuer'],
  ['Audiences_in_Jwt_are_not_allowed', 'another audience', 'spec.jwtRules[].audiences'],
  [
    'Jwt_is_not_in_the_form_of_Header.Payload.Signature_with_two_dots_and_3_sections',
    'no token that can be read',
    'spec.jwtRules[].fromHeaders',
  ],
])('a token refused as %s', (reason, words, field) => {
  const details = `jwt_authn_access_denied{${reason}}`;
  const found = diagnose({ server: server({ status: 401, details, verdict: { kind: 'denied', by: 'token', reason: details } }) });
  expect(found).toMatchObject({ words: expect.stringContaining(words), remedies: [{ kind: 'RequestAuthentication', field }] });
});

test('what servers read in different ways was refused by no policy', () => {
  const reason = 'rbac_access_denied_matched_policy[ambiguous]';
  const found = diagnose({ server: server({ status: 403, details: reason, verdict: { kind: 'denied', by: 'policy', reason } }) });
  expect(found).toMatchObject({ hop: 'client', remedies: [] });
});

test('of a refusal of which only the id came through it is said that a policy refused', () => {
  const { request: _, ...rest } = caller({ details: 'via_upstream' });
  const passed = { ...rest, request: { method: 'GET', host: '', path: '/', status: 403, grpcStatus: '', id: 'x', trace: '', denial: 'd' } };
  expect(diagnose({ caller: passed })).toMatchObject({ hop: 'policy', words: expect.stringContaining('has not told which') });
});

test('a refusal names its rule', () => {
  const denied = { kind: 'denied', by: 'policy', reason: 'x' } as const;
  const rule = { namespace: 'shop', name: 'ledger', rule: 3 };
  expect(diagnose({ server: server({ verdict: { ...denied, rule } }) })?.words).toBe(
    'refused by policy: rule 3 of AuthorizationPolicy shop/ledger',
  );
  expect(diagnose({ server: server({ verdict: denied }) })?.words).toBe('refused by policy: no ALLOW rule matched');
});

test('a gRPC call that failed under status 200', () => {
  expect(diagnose({ server: server({ status: 200, grpcStatus: '5' }) })?.words).toBe(
    'the application itself answered NOT_FOUND (there is no such thing)',
  );
  expect(diagnose({ server: server({ status: 200, grpcStatus: '0' }) })).toBeUndefined();
});

test('where all went well there is nothing to say', () => {
  expect(diagnose({ caller: caller({ status: 200 }), server: server({ status: 200 }) })).toBeUndefined();
  expect(diagnose({})).toBeUndefined();
});

test.each([
  ['TLS_error:|1:error:10000126:SSL_routines:OPENSSL_internal:CERTIFICATE_VERIFY_FAILED:TLS_error_end', 'of nobody known here'],
  ['TLS_error:|1:error:100000c0:SSL_routines:OPENSSL_internal:PEER_DID_NOT_RETURN_A_CERTIFICATE:TLS_error_end', 'showed no certificate'],
  [
    'TLS_error:|1:error:10000416:SSL_routines:OPENSSL_internal:SSLV3_ALERT_CERTIFICATE_UNKNOWN:TLS_error_end',
    'did not accept this server’s',
  ],
  ['TLS_error:|1:error:100000f7:SSL_routines:OPENSSL_internal:WRONG_VERSION_NUMBER:TLS_error_end', 'the handshake failed'],
])('a handshake that failed: %s', (details, words) => {
  const found = diagnose({ server: server({ details, verdict: { kind: 'denied', by: 'handshake', reason: details } }) });
  expect(found?.words).toContain(words);
});
