/** What policies look at, and whether a test of theirs holds: on the values that the filters are made of, as Envoy compares them. */
import { type Claim, isWithin, matchesRegex } from '@weft/model';
import type { Glob, PathTemplate, Spelling, Test, TextMatch } from '../mesh/index.ts';
import { claimAt, isList } from './claims.ts';
import { type Read, valuesOf } from './request.ts';

export interface Facts {
  /** Of a verified certificate, with `spiffe://`; empty: it names nobody; absent: none was verified [S108]. */
  readonly identity?: string;
  /** Who opened the connection, and the client that proxies speak of [S109]; absent: unknown. */
  readonly source?: string;
  readonly client?: string;
  /** The proxies that are trusted to say who the client is say nothing that can be read. */
  readonly unread?: true;
  readonly destination?: string;
  readonly port: number;
  /** That the client asked for in TLS; empty: none. */
  readonly serverName: string;
  /** Absent: bytes. */
  readonly request?: Read;
  /** Absent: everything is known. */
  readonly unheld?: Unheld;
}

/** Headers, and claims of a token but those that say whose it is: a record of a request holds none of them. */
export interface Unheld {
  /** What is not known counts as met, or as not met. */
  readonly as: 'met' | 'unmet';
  /** Subjects that something is supposed of. */
  readonly supposed: ReadonlySet<string>;
}

/** Names are the users' own: `constructor` is one like any other. */
const own = <Value>(of: { readonly [name: string]: Value } | undefined, name: string): Value | undefined =>
  of && Object.hasOwn(of, name) ? of[name] : undefined;

const textIs = (match: TextMatch | Spelling, text: string): boolean => {
  switch (match.kind) {
    case 'spelling':
      return matchesRegex(match.pattern, text);
    case 'exact':
      return text === match.value;
    case 'prefix':
      return text.startsWith(match.value);
    case 'suffix':
      return text.endsWith(match.value);
    case 'contains':
      return text.includes(match.value);
    case 'present':
      return matchesRegex('.+', text);
  }
};

/** Of a header it is enough to be there. */
const headerIs = (match: TextMatch | Spelling, value: string): boolean => match.kind === 'present' || textIs(match, value);

const lower = (match: TextMatch): TextMatch => (match.kind === 'present' ? match : { ...match, value: match.value.toLowerCase() });

const claimIs = (match: TextMatch, claim: Claim | undefined): boolean => typeof claim === 'string' && textIs(match, claim);

/** A text, or a list of which one element matches [S114]. */
const claimHas = (values: readonly TextMatch[], claim: Claim | undefined): boolean =>
  values.some((match) => (isList(claim) ? claim.some((element) => claimIs(match, element)) : claimIs(match, claim)));

interface Parts {
  readonly trustDomain: string;
  readonly namespace: string;
  readonly account: string;
}

/** `spiffe://<trust domain>/ns/<namespace>/sa/<account>`, and nothing that only looks like it. */
const partsOf = (identity: string | undefined): Parts | undefined => {
  const [, trustDomain, namespace, account] = /^spiffe:\/\/([^/]+)\/ns\/([^/]+)\/sa\/([^/]+)$/.exec(identity ?? '') ?? [];
  return trustDomain && namespace && account ? { trustDomain, namespace, account } : undefined;
};

/** Between pieces stands whatever there is; nothing but stars want something. */
export const globIs = ({ pieces }: Glob, text: string): boolean => {
  const [first, ...others] = pieces;
  const last = others.pop();
  if (last === undefined) return text === first;
  if (!text.startsWith(first) || !text.endsWith(last) || text.length < first.length + last.length || text === '') return false;
  let at = first.length;
  for (const piece of others) {
    const found = text.indexOf(piece, at);
    if (found < 0) return false;
    at = found + piece.length;
  }
  return at <= text.length - last.length;
};

/** What a star of a template takes: nothing else, so that `[` is no part of a segment (Envoy's `uri_template_internal.cc`). */
const one = /^[a-zA-Z0-9\-._~%!$&'()*+,;:@=]+$/;
const rest = /^[a-zA-Z0-9\-._~%!$&'()*+,;:@=/]*$/;

const templateIs = ({ segments }: PathTemplate, path: string): boolean => {
  const parts = path.slice(1).split('/');
  const matches = (at: number, part: number): boolean => {
    const segment = segments[at];
    if (segment === undefined) return part === parts.length;
    if (segment.kind !== 'rest') {
      const said = parts[part];
      if (said === undefined || !(segment.kind === 'one' ? one.test(said) : said === segment.value)) return false;
      return matches(at + 1, part + 1);
    }
    // Never nothing at all: there is a slash on each side of it.
    const ends = Array.from({ length: parts.length - part }, (_, index) => part + index + 1);
    return ends.some((end) => rest.test(parts.slice(part, end).join('/')) && matches(at + 1, end));
  };
  return path.startsWith('/') && matches(0, 0);
};

const pathIs = (match: TextMatch | PathTemplate | Spelling, path: string): boolean =>
  match.kind === 'template' ? templateIs(match, path) : textIs(match, path);

/** As Envoy's header map has them: the host is one of them. */
const headerOf = (request: Read, name: string): readonly string[] => {
  const { authority, method, pathname, search, scheme } = request;
  const pseudo = { ':authority': authority, host: authority, ':method': method, ':path': pathname + search, ':scheme': scheme };
  const said = own(pseudo, name.toLowerCase());
  return said === undefined ? valuesOf(request, name.toLowerCase()) : [said];
};

const headerHolds = ({ name, values, once }: Extract<Test, { readonly kind: 'header' }>, request: Read): boolean => {
  const said = headerOf(request, name);
  return (!once || said.length === 1) && values.some((match) => said.some((value) => headerIs(match, value)));
};

const principalIs = (match: TextMatch, identity: string | undefined): boolean => {
  if (identity === undefined) return false;
  if (match.kind === 'present') return true;
  return identity.startsWith('spiffe://') && textIs(match, identity.slice('spiffe://'.length));
};

const isIn = (address: string | undefined, blocks: Extract<Test, { readonly kind: 'source-ip' | 'remote-ip' | 'destination-ip' }>) =>
  address !== undefined && blocks.values.some(({ address: first, bits }) => isWithin(address, `${first}/${bits}`));

const identityHolds = (test: Test, identity: string | undefined): boolean | undefined => {
  const parts = partsOf(identity);
  switch (test.kind) {
    case 'principal':
      return test.values.some((match) => principalIs(match, identity));
    case 'namespace':
      return parts !== undefined && test.values.some((glob) => globIs(glob, parts.namespace));
    case 'trust-domain':
      return parts !== undefined && test.values.some((glob) => globIs(glob, parts.trustDomain));
    case 'service-account':
      return test.values.some(({ namespace, name }) => parts?.namespace === namespace && parts.account === name);
    default:
      return undefined;
  }
};

const requestHolds = (test: Test, { request }: Facts): boolean => {
  if (!request) return false;
  const { claims } = request;
  switch (test.kind) {
    case 'host':
      return test.values.some((match) => headerIs(lower(match), request.authority.toLowerCase()));
    case 'method':
      return test.values.some((match) => headerIs(match, request.method));
    case 'path':
      return test.values.some((match) => pathIs(match, request.pathname));
    case 'header':
      return headerHolds(test, request);
    case 'request-principal':
      return test.values.some(
        ({ issuer, subject }) => claimIs(issuer, claimAt(claims, ['iss'])) && claimIs(subject, claimAt(claims, ['sub'])),
      );
    case 'claim':
      return claimHas(test.values, claimAt(claims, test.claim));
    default:
      return false;
  }
};

export const holds = (test: Test, facts: Facts): boolean => {
  switch (test.kind) {
    case 'source-ip':
      return isIn(facts.source, test);
    case 'remote-ip':
      return isIn(facts.client, test);
    case 'destination-ip':
      return isIn(facts.destination, test);
    case 'destination-port':
      return test.values.includes(facts.port);
    case 'server-name':
      return test.values.some((match) => textIs(match, facts.serverName));
    case 'metadata':
      return false; // no filter before these leaves a text or a list of texts behind
    default:
      return identityHolds(test, facts.identity) ?? requestHolds(test, facts);
  }
};
