/** AlertRoutes: who is told of which alerts, and how; its fields are called as in Prometheus' AlertmanagerConfig where they mean the same. */
import { isQualifiedName } from '../metadata.ts';
import { doubtful, type Problem, wrong } from '../problem.ts';
import { readRegex } from '../text/regex.ts';
import { noTime } from './alert-rule.ts';
import { parsePeriod } from './period.ts';

export interface AlertMatcher {
  readonly name: string;
  /** `=` unless told; regular expressions are RE2 and match the whole value. */
  readonly matchType?: '=' | '!=' | '=~' | '!~';
  readonly value: string;
}

/** A key of a Secret of the route's namespace. */
export interface SecretKey {
  readonly name: string;
  readonly key: string;
}

/** Of servers that speak HTTP: exactly one of `url` and `urlSecret`, where an address is a credential itself. */
export interface AlertEndpoint {
  readonly url?: string;
  readonly urlSecret?: SecretKey;
  readonly bearerToken?: SecretKey;
}

export interface EmailReceiver {
  readonly to: readonly string[];
  readonly from: string;
  /** Host and port of the server that takes mail. */
  readonly smarthost: string;
  /** `StartTLS` unless told. */
  readonly tls?: 'StartTLS' | 'Implicit' | 'None';
  readonly username?: string;
  readonly password?: SecretKey;
}

export interface PagerDutyReceiver {
  readonly routingKey: SecretKey;
  /** Of a server that is no PagerDuty and speaks like it. */
  readonly url?: string;
}

/** Exactly one. */
export interface AlertReceiver {
  readonly webhook?: AlertEndpoint;
  readonly slack?: AlertEndpoint;
  readonly pagerDuty?: PagerDutyReceiver;
  readonly email?: EmailReceiver;
  readonly alertmanager?: AlertEndpoint;
}

export interface InhibitRule {
  readonly sourceMatch: readonly AlertMatcher[];
  readonly targetMatch: readonly AlertMatcher[];
  readonly equal?: readonly string[];
}

export interface AlertRouteSpec {
  /** Of the alerts that it hears of; absent: of all of its namespace, in the root namespace of the mesh's. */
  readonly matchers?: readonly AlertMatcher[];
  readonly groupBy?: readonly string[];
  readonly groupWait?: string;
  readonly groupInterval?: string;
  readonly repeatInterval?: string;
  readonly receivers: readonly AlertReceiver[];
  readonly inhibitRules?: readonly InhibitRule[];
}

const invalid = (path: string, message: string, help: string): Problem => wrong('WEFT0027', path, [message, help]);

function* checkMatchers(matchers: readonly AlertMatcher[] | undefined, path: string): Iterable<Problem> {
  for (const [index, { name, matchType = '=', value }] of (matchers ?? []).entries()) {
    const at = `${path}[${index}]`;
    if (!isQualifiedName(name))
      yield invalid(`${at}.name`, `\`${name.slice(0, 80)}\` is no label`, 'Write alertname or severity, for example.');
    const regex = matchType.endsWith('~') ? readRegex(value) : undefined;
    if (typeof regex === 'string') yield invalid(`${at}.value`, regex, 'Write a regular expression in RE2 syntax.');
  }
}

const urlForm = /^https?:\/\/(?:\[[0-9a-f:.]+\]|[^\s/@?#:[\]]+)(?::\d{1,5})?(?:[/?][^\s#]*)?$/i;

/** @returns why nobody can be told at this address */
export const urlFault = (text: string): string | undefined => {
  if (/^https?:\/\/[^/?#]*@/i.test(text)) return 'the address holds a user name or password';
  return urlForm.test(text) ? undefined : `\`${text.slice(0, 80)}\` is no address`;
};

function* checkUrl(url: string | undefined, path: string): Iterable<Problem> {
  const fault = url === undefined ? undefined : urlFault(url);
  if (fault) yield invalid(path, fault, 'Write https://HOST/PATH; credentials stand in a Secret.');
}

function* checkEndpoint(endpoint: AlertEndpoint | undefined, path: string): Iterable<Problem> {
  if (!endpoint) return;
  if ((endpoint.url === undefined) === (endpoint.urlSecret === undefined))
    yield invalid(path, 'an address is one of `url` and `urlSecret`', 'Write one of them.');
  yield* checkUrl(endpoint.url, `${path}.url`);
  if (endpoint.bearerToken && endpoint.url && /^http:\/\/(?!127\.|localhost[:/]|\[::1\])/i.test(endpoint.url))
    yield doubtful('WEFT0028', `${path}.bearerToken`, ['the token is sent in plain text', 'Write https in the address.']);
}

const smarthostForm = /^(?:[a-zA-Z0-9.-]{1,253}|\[[0-9a-fA-F:.]+\]):\d{1,5}$/;

function* checkEmail(email: EmailReceiver | undefined, path: string): Iterable<Problem> {
  if (!email) return;
  for (const [field, address] of [['from', email.from] as const, ...email.to.map((one, index) => [`to[${index}]`, one] as const)])
    if (!/^[^\s@<>,;:"\\]+@[^\s@<>,;:"\\]+$/.test(address))
      yield invalid(`${path}.${field}`, `\`${address.slice(0, 80)}\` is no address of email`, 'Write name@example.org.');
  if (!smarthostForm.test(email.smarthost))
    yield invalid(`${path}.smarthost`, `\`${email.smarthost.slice(0, 80)}\` is no server with its port`, 'Write smtp.example.org:587.');
  if ((email.username === undefined) !== (email.password === undefined))
    yield invalid(path, '`username` and `password` belong together', 'Write both or neither.');
  if (email.password && email.tls === 'None')
    yield invalid(`${path}.tls`, 'the password would be sent in plain text', 'Write StartTLS or Implicit.');
}

function* checkReceiver(receiver: AlertReceiver, path: string): Iterable<Problem> {
  if (Object.keys(receiver).length !== 1)
    yield invalid(
      path,
      'a receiver is exactly one of webhook, slack, pagerDuty, email and alertmanager',
      'Write one; a list entry for each other.',
    );
  for (const kind of ['webhook', 'slack', 'alertmanager'] as const) yield* checkEndpoint(receiver[kind], `${path}.${kind}`);
  yield* checkUrl(receiver.pagerDuty?.url, `${path}.pagerDuty.url`);
  yield* checkEmail(receiver.email, `${path}.email`);
}

export function* checkAlertRoute(spec: AlertRouteSpec): Iterable<Problem> {
  yield* checkMatchers(spec.matchers, 'spec.matchers');
  for (const field of ['groupWait', 'groupInterval', 'repeatInterval'] as const) {
    const text = spec[field];
    if (text !== undefined && parsePeriod(text) === undefined) yield noTime(`spec.${field}`, text);
  }
  const [interval, repeat] = [parsePeriod(spec.groupInterval ?? '5m'), parsePeriod(spec.repeatInterval ?? '4h')];
  if (interval !== undefined && repeat !== undefined && repeat < interval)
    yield doubtful('WEFT0028', 'spec.repeatInterval', [
      'nothing is told twice within `groupInterval`, which is longer',
      'Write a longer time here, or a shorter one there.',
    ]);
  for (const [index, receiver] of spec.receivers.entries()) yield* checkReceiver(receiver, `spec.receivers[${index}]`);
  for (const [index, { sourceMatch, targetMatch }] of (spec.inhibitRules ?? []).entries()) {
    yield* checkMatchers(sourceMatch, `spec.inhibitRules[${index}].sourceMatch`);
    yield* checkMatchers(targetMatch, `spec.inhibitRules[${index}].targetMatch`);
  }
}

/** Every key of a Secret that the route needs, with the field that says so. */
export const secretKeysOf = ({ receivers }: AlertRouteSpec): readonly (readonly [path: string, key: SecretKey])[] =>
  receivers.flatMap((receiver, index) =>
    Object.entries(receiver).flatMap(([kind, fields]) =>
      (['urlSecret', 'bearerToken', 'routingKey', 'password'] as const).flatMap((field) => {
        const found = (fields as Partial<Record<typeof field, SecretKey>>)[field];
        return found ? [[`spec.receivers[${index}].${kind}.${field}`, found] as const] : [];
      }),
    ),
  );
