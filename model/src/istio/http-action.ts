/** Checks of what an HTTP route does with a request. */
import { doubtful, type Problem } from '../problem.ts';
import { checkRegex, ineffective, invalid, isPort, portHelp } from '../rule.ts';
import { utf8Length } from '../text/bytes.ts';
import { hasControl, headerValueFault, isHeaderName } from '../text/header.ts';
import { isHostname, isIp } from '../text/host.ts';
import { readRegex } from '../text/regex.ts';
import { childPath } from '../yaml/json.ts';
import type {
  HeaderOperationSettings,
  HeadersSettings,
  HttpDirectResponse,
  HttpRedirect,
  HttpRetry,
  HttpRewrite,
} from './virtual-service.ts';

export const isHost = (name: string): boolean => ['host', ':authority'].includes(name.toLowerCase());

function* checkName(name: string, path: string): Iterable<Problem> {
  if (isHost(name) || name.startsWith(':'))
    yield invalid(path, `\`${name.slice(0, 80)}\` may not be changed here`, 'Use `rewrite`, or set `host` in `request.set`.');
  else if (!isHeaderName(name)) yield invalid(path, `\`${name.slice(0, 80)}\` is no header name`, 'Use letters, digits and `-`.');
}

/** Envoy takes 1,000 on a route, on which those of its only destination stand too. */
const maxHeaders = 500;

function* checkOperations(operations: HeaderOperationSettings | undefined, path: string, request: boolean): Iterable<Problem> {
  const count = Object.keys(operations?.set ?? {}).length + Object.keys(operations?.add ?? {}).length;
  if (count > maxHeaders) yield invalid(path, `${count} headers are set or added, more than ${maxHeaders}`, 'Remove some.');
  for (const action of ['set', 'add'] as const) {
    for (const [name, value] of Object.entries(operations?.[action] ?? {})) {
      const at = childPath(`${path}.${action}`, name);
      // Setting the host of a request is a rewrite of its authority [S41].
      if (!(request && isHost(name))) yield* checkName(name, at);
      const fault = headerValueFault(value);
      if (fault) yield invalid(at, fault, 'Write `%%` for a percent sign.');
    }
  }
  for (const [index, name] of (operations?.remove ?? []).entries()) yield* checkName(name, `${path}.remove[${index}]`);
}

export function* checkHeaderOperations(headers: HeadersSettings | undefined, path: string): Iterable<Problem> {
  yield* checkOperations(headers?.request, `${path}.request`, true);
  yield* checkOperations(headers?.response, `${path}.response`, false);
}

/** Envoy's words (router filter, `x-envoy-retry-on` and `x-envoy-retry-grpc-on`); an unknown one is silently ignored by it. */
const retryWords = new Set(
  '5xx gateway-error reset reset-before-request connect-failure envoy-ratelimited retriable-4xx refused-stream retriable-status-codes retriable-headers http3-post-connect-failure cancelled deadline-exceeded internal resource-exhausted unavailable'.split(
    ' ',
  ),
);

export function* checkRetry(retry: HttpRetry, path: string): Iterable<Problem> {
  const { attempts, perTryTimeout, retryOn, retryRemoteLocalities } = retry;
  if (attempts !== undefined && (attempts < 0 || attempts > 2 ** 31 - 1))
    yield invalid(`${path}.attempts`, `${attempts} attempts`, 'Write 0 for no retries, or a positive number.');
  if (!attempts && (perTryTimeout || retryOn || retryRemoteLocalities !== undefined))
    yield invalid(path, 'retries are switched off (no `attempts`) and configured', 'Say how many `attempts`, or remove the rest.');
  for (const word of (retryOn ?? '').split(',').map((text) => text.trim())) {
    const code = /^\d+$/.test(word) ? Number(word) : undefined;
    if (word === '' ? retryOn !== undefined && retryOn !== '' : code === undefined ? !retryWords.has(word) : code < 100 || code > 599) {
      yield invalid(
        `${path}.retryOn`,
        `\`${word.slice(0, 40)}\` is no retry condition and no status code`,
        `Write some of ${[...retryWords].slice(0, 7).join(', ')}, ... or codes, separated by commas.`,
      );
    }
  }
}

export function* checkRewrite(rewrite: HttpRewrite, path: string): Iterable<Problem> {
  const { uri, authority, uriRegexRewrite: regex } = rewrite;
  if (!uri && !authority && !regex)
    yield invalid(path, 'a rewrite without anything to rewrite', 'Add `uri`, `authority` or `uriRegexRewrite`, or remove it.');
  if (uri && regex) yield invalid(path, 'only one of `uri` and `uriRegexRewrite` may be set', 'Remove one.');
  for (const field of ['uri', 'authority'] as const) {
    if (hasControl(rewrite[field])) yield invalid(`${path}.${field}`, 'a control character', 'Remove it.');
  }
  if (!regex) return;
  const { match, rewrite: substitution } = regex;
  if (match === undefined || substitution === undefined) {
    yield invalid(`${path}.uriRegexRewrite`, '`match` and `rewrite` belong together', 'Add the one that is missing.');
    return;
  }
  yield* checkRegex(match, `${path}.uriRegexRewrite.match`);
  const at = `${path}.uriRegexRewrite.rewrite`;
  if (hasControl(substitution)) yield invalid(at, 'a control character', 'Remove it.');
  if (substitution === '') yield invalid(at, 'an empty text to put in', 'Write what the path becomes, at least `/`.');
  const compiled = readRegex(match);
  if (typeof compiled === 'string') return;
  for (const [, next] of substitution.matchAll(/\\(.?)/gs)) {
    const isGroup = next !== undefined && /^\d$/.test(next);
    if (isGroup && Number(next) > compiled.groups)
      yield invalid(at, `\`\\${next}\` names a group, but the expression has ${compiled.groups}`, 'Add a group, or correct the number.');
    else if (!isGroup && next !== '\\')
      yield invalid(at, `a backslash before \`${next}\``, 'Write `\\\\` for a backslash, `\\1` for a group.');
  }
}

export function* checkRedirect(redirect: HttpRedirect, path: string): Iterable<Problem> {
  const { uri, authority, port, scheme, redirectCode, derivePort } = redirect;
  if (redirectCode !== undefined && redirectCode !== 0 && ![301, 302, 303, 307, 308].includes(redirectCode)) {
    yield invalid(`${path}.redirectCode`, `${redirectCode} is no redirect`, 'Write 301, 302, 303, 307 or 308.');
  }
  if (port !== undefined && !isPort(port)) yield invalid(`${path}.port`, `${port} is no port`, portHelp);
  if (scheme && !/^https?$/.test(scheme))
    yield invalid(`${path}.scheme`, `\`${scheme.slice(0, 40)}\` is no scheme of HTTP`, 'Write http or https.');
  if (hasControl(uri)) yield invalid(`${path}.uri`, 'a control character', 'Remove it.');
  if (authority && !isHostname(authority.replace(/:\d{1,5}$/, '')) && !isIp(authority))
    yield invalid(`${path}.authority`, `\`${authority.slice(0, 80)}\` is no host`, 'Write a host name.');
  if (!uri && !authority && !port && !scheme && !derivePort && !Object.hasOwn(redirect, 'prefixRewrite')) {
    yield invalid(path, 'a redirect to the same address', 'Add `uri`, `authority`, `port` or `scheme`.');
  }
  if (Object.hasOwn(redirect, 'prefixRewrite'))
    yield ineffective(`${path}.prefixRewrite`, '`prefixRewrite` has no effect yet', 'Use `uri`.');
}

/** `max_direct_response_body_size_bytes` [S52]. */
const maxBody = 1024 * 1024;
/** Every proxy gets a copy, and Istio warns from here on. */
const largeBody = 100 * 1024;

const base64 = /^[A-Za-z0-9+/_-]*={0,2}$/;

const sizeOf = ({ string = '', bytes }: NonNullable<HttpDirectResponse['body']>): number =>
  bytes === undefined ? utf8Length(string) : Math.floor((bytes.replace(/=+$/, '').length * 3) / 4);

export function* checkDirectResponse({ status, body }: HttpDirectResponse, path: string): Iterable<Problem> {
  if (status < 200 || status > 599)
    yield invalid(`${path}.status`, `${status} is no status of a response`, 'Write a number between 200 and 599.');
  if (!body) return;
  const size = sizeOf(body);
  if (size > maxBody) yield invalid(`${path}.body`, 'the body is larger than 1 MiB', 'Shorten it.');
  else if (size > largeBody) yield doubtful('IST0133', `${path}.body`, [`a body of ${size} bytes is sent to every proxy`, 'Shorten it.']);
  if (body.bytes !== undefined && (!base64.test(body.bytes) || body.bytes.replace(/=+$/, '').length % 4 === 1))
    yield invalid(`${path}.body.bytes`, 'the text is no base64', 'Encode the bytes in base64, or use `string`.');
  if (body.string === undefined && body.bytes === undefined)
    yield doubtful('IST0133', `${path}.body`, ['an empty body', 'Write `string` or `bytes`.']);
}
