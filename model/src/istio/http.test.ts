/** HTTP routes: Istio's admission, and what Envoy would refuse or read otherwise. Each line says what it must be told. */
import { describe, expect, test } from 'vitest';
import { expected, reported } from '../testing/marked.ts';
import { route, toA, virtualService } from '../testing/shapes.ts';

const table = (rows: readonly (readonly [name: string, text: string])[]): void => {
  test.each(rows)('%s', (_, text) => expect(reported(text)).toEqual(expected(text)));
};

const http0 = 'spec.http[0]';
const matching = (match: string, path: string): string => route(`    match: [{${match}}] # E IST0106 ${http0}.match[0].${path}\n${toA}`);
const fine = (match: string): string => route(`    match: [{${match}}]\n${toA}`);
const acting = (lines: string): string => route(`${lines}\n${toA}`);

describe('matches', () => {
  table([
    ['an empty prefix of the path, which every path has', fine('uri: {prefix: ""}')],
    ['* as "there", where it is inverted', fine('withoutHeaders: {x: {regex: "*"}}')],
    ['* elsewhere', matching('queryParams: {x: {regex: "*"}}', 'queryParams.x.regex')],
    ['an empty expression', matching('authority: {regex: ""}', 'authority.regex')],
    ['a name for statistics', fine('uri: {prefix: /a}, statPrefix: a')],
    ['a pseudo header', fine('headers: {":method": {exact: GET}}')],
    ['a claim, in the mesh', matching('headers: {"@request.auth.claims.sub": {exact: b}}', 'headers["@request.auth.claims.sub"]')],
    [
      'a claim, at a gateway',
      virtualService(
        `  hosts: [a.example]\n  gateways: [g]\n  http:\n  - match: [{withoutHeaders: {"@request.auth.claims[a][b]": {exact: b}}}]\n${toA}`,
      ),
    ],
    [
      'a claim without a name',
      virtualService(
        `  hosts: [a.example]\n  gateways: [g]\n  http:\n  - match: [{headers: {"@request.auth.claims.": {}}}] # E IST0106 ${http0}.match[0].headers["@request.auth.claims."]\n${toA}`,
      ),
    ],
    [
      'a prefix that one before it covers (IST0131)',
      virtualService(
        `  hosts: [a]\n  http:\n  - match: [{uri: {prefix: /a}}]\n${toA}\n  - match: [{uri: {prefix: /ab}}] # I IST0131 spec.http[1].match[0]\n${toA}`,
      ),
    ],
    [
      'a longer prefix for fewer requests',
      virtualService(
        `  hosts: [a]\n  http:\n  - match: [{uri: {prefix: /a}, headers: {x: {exact: b}}}]\n${toA}\n  - match: [{uri: {prefix: /ab}}]\n${toA}`,
      ),
    ],
  ]);
});

describe('faults, mirrors, CORS', () => {
  table([
    [
      'a fault',
      acting('    fault: {delay: {fixedDelay: 1s, percentage: {value: 0.1}}, abort: {grpcStatus: UNAVAILABLE, percentage: {value: 100}}}'),
    ],
    ['a fault that does nothing', acting(`    fault: {} # E IST0106 ${http0}.fault`)],
    [
      'a share above 100',
      acting(`    fault: {abort: {httpStatus: 500, percentage: {value: 200}}} # E IST0106 ${http0}.fault.abort.percentage.value`),
    ],
    [
      'a share below what can be said',
      acting(`    fault: {delay: {fixedDelay: 1s, percentage: {value: 0.00001}}} # E IST0106 ${http0}.fault.delay.percentage.value`),
    ],
    [
      'an abort with status 999',
      acting(`    fault: {abort: {httpStatus: 999, percentage: {value: 1}}} # E IST0106 ${http0}.fault.abort.httpStatus`),
    ],
    [
      'an unknown gRPC status',
      acting(`    fault: {abort: {grpcStatus: "14", percentage: {value: 1}}} # E IST0106 ${http0}.fault.abort.grpcStatus`),
    ],
    [
      'an error of HTTP/2',
      acting(`    fault: {abort: {http2Error: X, percentage: {value: 1}}} # E IST0106 ${http0}.fault.abort.http2Error`),
    ],
    [
      'growing delays',
      acting(`    fault: {delay: {exponentialDelay: 1s, percentage: {value: 1}}} # E IST0106 ${http0}.fault.delay.exponentialDelay`),
    ],
    ['a fault for nobody', acting(`    fault: {abort: {httpStatus: 500}} # W IST0133 ${http0}.fault.abort`)],
    ['an abort without status', acting(`    fault: {abort: {percentage: {value: 1}}} # W IST0133 ${http0}.fault.abort`)],
    ['the old share', acting(`    fault: {delay: {fixedDelay: 1s, percent: 5}} # W IST0002 ${http0}.fault.delay.percent`)],
    [
      'a fault beside a redirect',
      route(`    redirect: {uri: /b}\n    fault: {abort: {httpStatus: 500, percentage: {value: 1}}} # E IST0106 ${http0}.fault`),
    ],
    ['a rewrite beside an answer', route(`    directResponse: {status: 200}\n    rewrite: {uri: /b} # E IST0106 ${http0}.rewrite`)],
    ['mirrors', acting('    mirrors: [{destination: {host: b}}, {destination: {host: c}, percentage: {value: 0}}]')],
    ['a mirror and mirrors', acting(`    mirror: {host: b}\n    mirrors: [{destination: {host: c}}] # E IST0106 ${http0}.mirrors`)],
    ['too much to mirror', acting(`    mirror: {host: b}\n    mirrorPercentage: {value: 101} # E IST0106 ${http0}.mirrorPercentage.value`)],
    ['the old share of a mirror', acting(`    mirror: {host: b}\n    mirrorPercent: 50 # W IST0002 ${http0}.mirrorPercent`)],
    ['a mirror to nowhere', acting(`    mirror: {host: "*"} # E IST0106 ${http0}.mirror.host`)],
    [
      'CORS',
      acting(
        '    corsPolicy: {allowOrigins: [{regex: ".*"}], allowMethods: [GET], allowHeaders: ["*"], maxAge: 24h, allowCredentials: true}',
      ),
    ],
    [
      'an origin that matches nothing',
      acting(`    corsPolicy: {allowOrigins: [{exact: ""}]} # E IST0106 ${http0}.corsPolicy.allowOrigins[0]`),
    ],
    [
      'an origin that is no expression',
      acting(`    corsPolicy: {allowOrigins: [{regex: "("}]} # E IST0106 ${http0}.corsPolicy.allowOrigins[0].regex`),
    ],
    [
      'a method in small letters',
      acting(`    corsPolicy: {allowOrigins: [{exact: a}], allowMethods: [get]} # E IST0106 ${http0}.corsPolicy.allowMethods[0]`),
    ],
    [
      'a header that is none',
      acting(`    corsPolicy: {allowOrigins: [{exact: a}], exposeHeaders: ["a b"]} # E IST0106 ${http0}.corsPolicy.exposeHeaders[0]`),
    ],
    ['half a second', acting(`    corsPolicy: {allowOrigins: [{exact: a}], maxAge: 1500ms} # E IST0106 ${http0}.corsPolicy.maxAge`)],
    ['no origin', acting(`    corsPolicy: {} # W IST0133 ${http0}.corsPolicy`)],
  ]);
});

describe('what is done', () => {
  const large = (bytes: number) => 'x'.repeat(bytes);
  table([
    ['retries in other places', acting('    retries: {attempts: 1, retryRemoteLocalities: true, retryIgnorePreviousHosts: false}')],
    ['retries that are switched off', acting(`    retries: {attempts: 0, retryRemoteLocalities: true} # E IST0106 ${http0}.retries`)],
    [
      'the host, twice',
      acting(`    rewrite: {authority: b}\n    headers: {request: {set: {Host: c}}} # E IST0106 ${http0}.headers.request.set.Host`),
    ],
    [
      'too many headers',
      acting(
        `    headers: {request: {set: {${Array.from({ length: 501 }, (_, i) => `x-${i}: a`).join(', ')}}}} # E IST0106 ${http0}.headers.request`,
      ),
    ],
    ['the host, added', acting('    headers: {request: {add: {host: c}}}')],
    ['the host of a response', acting(`    headers: {response: {set: {host: c}}} # E IST0106 ${http0}.headers.response.set.host`)],
    [
      'an empty regex rewrite',
      acting(`    rewrite: {uriRegexRewrite: {match: a, rewrite: ""}} # E IST0106 ${http0}.rewrite.uriRegexRewrite.rewrite`),
    ],
    ['a scheme in capitals', route(`    redirect: {scheme: HTTPS} # E IST0106 ${http0}.redirect.scheme`)],
    ['bytes', route('    directResponse: {status: 200, body: {bytes: "AAEC/w=="}}')],
    [
      'bytes that are none',
      route(`    directResponse: {status: 200, body: {bytes: "a!b"}} # E IST0106 ${http0}.directResponse.body.bytes`),
    ],
    [
      'a large body',
      route(`    directResponse: {status: 200, body: {string: ${large(200_000)}}} # W IST0133 ${http0}.directResponse.body`),
    ],
    [
      'a body that is too large, in bytes of UTF-8',
      route(`    directResponse: {status: 200, body: {string: ${'é'.repeat(600_000)}}} # E IST0106 ${http0}.directResponse.body`),
    ],
  ]);
});

describe('delegates [S50]', () => {
  const delegate = (more: string) => virtualService(`${more}  http:\n  - match: [{uri: {prefix: /a/b}}]\n${toA}`);
  table([
    ['a root', virtualService('  hosts: [a]\n  http: [{match: [{uri: {prefix: /a}}], delegate: {name: b, namespace: c}}]')],
    ['a delegate', delegate('')],
    ['one with gateways', delegate('  gateways: [g] # E IST0106 spec.gateways\n')],
    ['one that delegates', virtualService(`  http: [{delegate: {name: b}}] # E IST0106 ${http0}.delegate`)],
    ['one without name', virtualService(`  hosts: [a]\n  http: [{delegate: {namespace: c}}] # E IST0106 ${http0}.delegate.name`)],
    ['a root with a destination', route(`    delegate: {name: b}\n    route: [{destination: {host: a}}] # E IST0106 ${http0}.route`)],
  ]);
});

describe('hosts', () => {
  table([
    ['one within another', virtualService(`  hosts: ["*.a.b", x.a.b] # E IST0106 spec.hosts[1]\n  http:\n  -\n${toA}`)],
    ['beside each other', virtualService(`  hosts: [a.b, x.a.b]\n  http:\n  -\n${toA}`)],
  ]);
});
