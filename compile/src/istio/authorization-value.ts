/** Values of AuthorizationPolicies as Istio reads them (pilot/pkg/security/authz, release 1.29), taken apart. */
import { type Network, networkOf, unmapped } from '@weft/model';
import type { AccountName, Glob, MetadataValue, PathSegment, PathTemplate, RequestPrincipal, TextMatch } from '../mesh/index.ts';

const exact = (value: string): TextMatch => ({ kind: 'exact', value });
const suffix = (value: string): TextMatch => ({ kind: 'suffix', value });
const prefix = (value: string): TextMatch => ({ kind: 'prefix', value });
const present: TextMatch = { kind: 'present' };

/** A star counts at one end only, at the beginning rather than at the end [S105]. */
export const textOf = (value: string): TextMatch => {
  if (value === '*') return present;
  if (value.startsWith('*')) return suffix(value.slice(1));
  return value.endsWith('*') ? prefix(value.slice(0, -1)) : exact(value);
};

export const globOf = (value: string): Glob => {
  const [first = '', ...others] = value.split('*');
  return { kind: 'glob', pieces: [first, ...others] };
};

/** A name alone is one of the policy's own namespace. */
export const accountOf = (value: string, own: string): AccountName => {
  const slash = value.indexOf('/');
  return slash < 0 ? { namespace: own, name: value } : { namespace: value.slice(0, slash), name: value.slice(slash + 1) };
};

/** `issuer/subject`; the issuer may be a URL, so that the last slash counts (`requestPrincipalGenerator`). */
export const requestPrincipalOf = (value: string): RequestPrincipal => {
  if (value === '*') return { issuer: present, subject: present };
  const slash = value.lastIndexOf('/');
  const [issuer, subject] = [value.slice(0, slash), value.slice(slash + 1)];
  if (value.startsWith('*')) {
    if (slash < 0) return { issuer: present, subject: suffix(value.slice(1)) };
    return { issuer: issuer === '*' ? present : suffix(issuer.slice(1)), subject: exact(subject) };
  }
  if (value.endsWith('*')) {
    if (slash < 0) return { issuer: prefix(value.slice(0, -1)), subject: present };
    return { issuer: exact(issuer), subject: subject === '*' ? present : prefix(subject.slice(0, -1)) };
  }
  return slash < 0 ? { issuer: exact(value), subject: exact('') } : { issuer: exact(issuer), subject: exact(subject) };
};

/** An IPv4 address that is written as an IPv6 one is the IPv4 one: so are those of connections to sockets of both families. */
export const blockOf = (value: string): Network => unmapped(networkOf(value));

const segmentOf = (segment: string): PathSegment => {
  if (segment === '{*}') return { kind: 'one' };
  return segment === '{**}' ? { kind: 'rest' } : { kind: 'literal', value: segment };
};

/** @param path begins with a slash */
export const templateOf = (path: string): PathTemplate => ({ kind: 'template', segments: path.slice(1).split('/').map(segmentOf) });

export const metadataOf = (value: string): MetadataValue =>
  value.startsWith('[') && value.endsWith(']')
    ? { list: true, text: textOf(value.replace(/^[[\]]+|[[\]]+$/g, '')) }
    : { list: false, text: textOf(value) };
