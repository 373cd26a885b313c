/** What would have to be different for a rule to match, in the words of policies. */
import { type Claims, few } from '@weft/model';
import type { Condition, Glob, PathTemplate, Spelling, Test, TextMatch } from '../mesh/index.ts';
import { claimAt } from './claims.ts';
import type { Facts } from './facts.ts';
import type { Nearest } from './nearest.ts';
import { type Read, valuesOf } from './request.ts';
import { isUnheld, subjectOf } from './subjects.ts';

const starred = (match: TextMatch): string => {
  switch (match.kind) {
    case 'exact':
      return match.value;
    case 'prefix':
      return `${match.value}*`;
    case 'suffix':
      return `*${match.value}`;
    case 'contains':
      return `*${match.value}*`;
    case 'present':
      return '*';
  }
};

const template = ({ segments }: PathTemplate): string =>
  `/${segments.map((part) => (part.kind === 'literal' ? part.value : part.kind === 'one' ? '{*}' : '{**}')).join('/')}`;

/** Other spellings nobody has written. */
const written = (match: TextMatch | PathTemplate | Spelling): readonly string[] => {
  if (match.kind === 'spelling') return [];
  return [match.kind === 'template' ? template(match) : starred(match)];
};

const glob = ({ pieces }: Glob): string => pieces.join('*');

/** As they are written. */
const wantedBy = (test: Test): readonly string[] => {
  switch (test.kind) {
    case 'namespace':
    case 'trust-domain':
      return test.values.map(glob);
    case 'service-account':
      return test.values.map(({ namespace, name }) => `${namespace}/${name}`);
    case 'request-principal':
      return test.values.map(({ issuer, subject }) => `${starred(issuer)}/${starred(subject)}`);
    case 'source-ip':
    case 'remote-ip':
    case 'destination-ip':
      return test.values.map(({ address, bits }) => `${address}/${bits}`);
    case 'destination-port':
      return test.values.map(String);
    case 'path':
    case 'header':
      return test.values.flatMap((match) => written(match));
    case 'metadata':
      return test.values.map(({ list, text }) => (list ? `[${starred(text)}]` : starred(text)));
    default:
      return test.values.map(starred);
  }
};

const nobody = 'nobody (no verified certificate)';
const noToken = 'none (no verified token)';

const claimText = (claims: Claims, path: readonly string[]): string => {
  const found = claimAt(claims, path);
  return found === undefined ? 'missing' : JSON.stringify(found);
};

/** Which of several values a server takes nobody knows. */
const headerText = (request: Read, name: string): string => {
  const values = valuesOf(request, name);
  return values.length > 1 ? `${values.join(' and ')}, of which nobody knows the one that counts` : (values[0] ?? 'missing');
};

/** The subject of the test, and what it is now. */
const described = (test: Test, facts: Facts): readonly [subject: string, is: string] => {
  const [subject, is] = named(test, facts);
  return [subject, isUnheld(test, facts) ? 'not in the record' : is];
};

const named = (test: Test, facts: Facts): readonly [subject: string, is: string] => {
  const { identity = nobody, request } = facts;
  const { claims } = request ?? {};
  switch (test.kind) {
    case 'principal':
    case 'namespace':
    case 'service-account':
    case 'trust-domain':
      return ['the caller', identity === '' ? 'unknown' : identity];
    case 'request-principal':
      return ['the token’s principal', claims ? `${claims.iss ?? ''}/${claims.sub ?? ''}` : noToken];
    case 'claim':
      return [`the token’s claim ${test.claim.join('.')}`, claims ? claimText(claims, test.claim) : noToken];
    case 'source-ip':
      return ['the connection’s address', facts.source ?? 'unknown'];
    case 'remote-ip':
      return ['the client’s address', facts.unread ? 'nothing that x-forwarded-for says' : (facts.client ?? 'unknown')];
    case 'destination-ip':
      return ['the address called', facts.destination ?? 'unknown'];
    case 'destination-port':
      return ['the port', `${facts.port}`];
    case 'server-name':
      return ['the server name', facts.serverName || 'missing'];
    case 'host':
      return ['the host', request?.authority ?? 'missing'];
    case 'method':
      return ['the method', request?.method ?? 'missing'];
    case 'path':
      return ['the path', request?.pathname ?? 'missing'];
    case 'header':
      return [`header ${test.name}`, request ? headerText(request, test.name.toLowerCase()) : 'missing'];
    case 'metadata':
      return [`metadata ${test.filter}[${test.key}]`, 'missing'];
  }
};

const shownValues = 6;

/** Of an identity. */
const isPart = ({ kind }: Test): boolean => kind === 'namespace' || kind === 'service-account' || kind === 'trust-domain';

const demand = ({ test, negated }: Condition): string => {
  const part = isPart(test) ? `its ${test.kind.replace('-', ' ')} ` : '';
  return `${part}has to be ${negated ? 'none' : 'one'} of [${few(wantedBy(test), shownValues)}]`;
};

/** `the method is POST, one of [POST, PUT]`: of a condition that holds. */
export const reasonOf = ({ test, negated }: Condition, facts: Facts): string => {
  const [what, is] = described(test, facts);
  const part = isPart(test) ? `whose ${test.kind.replace('-', ' ')} is ` : '';
  return `${what} is ${is}, ${part}${negated ? 'none' : 'one'} of [${few(wantedBy(test), shownValues)}]`;
};

/** `header x-role was one of [guest]`: of a condition that nobody has written down, and that must have held. */
export const supposition = ({ test, negated }: Condition, facts: Facts): string => {
  const [what] = named(test, facts);
  return `${what} was ${negated ? 'none' : 'one'} of [${few(wantedBy(test), shownValues)}]`;
};

/** `the method is POST, and has to be one of [GET]`: for each subject that lacks something all that is asked of it. */
export const changeOf = ({ rule: { lacking, isVoid }, conditions, instead }: Nearest, facts: Facts): string => {
  if (isVoid)
    return 'the rule asks for something of HTTP, and the port carries bytes: declare its protocol, or ask for something that connections have';
  const subjects = new Set(lacking.map(({ test }) => subjectOf(test)));
  const asked = conditions.filter(({ test }) => subjects.has(subjectOf(test)));
  const texts = [...Map.groupBy(asked, ({ test }) => described(test, facts).join(' is '))].map(
    ([isNow, all]) => `${isNow}, and ${all.map(demand).join(', and ')}`,
  );
  const vain = instead ? [] : ['even so nobody is let in: what the rule asks for cannot be, or a DENY policy matches it'];
  return [...texts, ...vain].join('; ');
};
