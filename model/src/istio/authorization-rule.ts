/** Checks of the rules of an AuthorizationPolicy, after Istio's `ValidateAuthorizationPolicy`. */
import { doubtful, type Problem } from '../problem.ts';
import { invalid } from '../rule.ts';
import { cidrFault } from '../text/host.ts';
import { type ConditionKey, conditionKey } from './authorization-key.ts';
import type {
  AuthorizationCondition,
  AuthorizationOperation,
  AuthorizationPolicySpec,
  AuthorizationRuleSpec,
  AuthorizationSource,
} from './authorization-policy.ts';
import { isPathTemplate, templateFault } from './path-template.ts';

/** What is wrong with one value. */
type Fault = (value: string, path: string) => Iterable<Problem>;

const shown = (value: string): string => `\`${value.slice(0, 80)}\``;

const anything: Fault = () => [];

function* address(value: string, path: string): Iterable<Problem> {
  const fault = value.includes('%') ? `${shown(value)} names a zone, which callers' addresses do not have` : cidrFault(value);
  if (fault) yield invalid(path, fault, 'Write an address like `10.1.2.3`, or a block like `10.1.0.0/16`.');
}

function* port(value: string, path: string): Iterable<Problem> {
  if (!/^\d{1,5}$/.test(value) || Number(value) > 65535) yield invalid(path, `${shown(value)} is no port`, 'Write a number up to 65535.');
}

const middleStar = (value: string): boolean => value.slice(1, -1).includes('*') || /^\*.+\*$/.test(value);

function* text(value: string, path: string): Iterable<Problem> {
  if (middleStar(value))
    yield doubtful('IST0133', path, [
      `of ${shown(value)} only one \`*\` at its beginning or end stands for anything`,
      'Write `prefix*`, `*suffix` or `*`.',
    ]);
}

function* principal(value: string, path: string): Iterable<Problem> {
  yield* text(value, path);
  if (value.startsWith('spiffe://'))
    yield doubtful('IST0133', path, ['principals are written without `spiffe://`, so this matches nobody', 'Leave `spiffe://` out.']);
}

function* serviceAccount(value: string, path: string): Iterable<Problem> {
  if (value.includes('*')) yield invalid(path, `${shown(value)} has a wildcard`, 'Name the account, or use `principals`.');
  else if (!/^[^/]+(?:\/[^/]+)?$/.test(value))
    yield invalid(path, `${shown(value)} is no service account`, 'Write `account` or `namespace/account`.');
}

function* namespace(value: string, path: string): Iterable<Problem> {
  if (value.includes('/')) yield doubtful('IST0133', path, [`${shown(value)} is no namespace, so it matches nobody`, 'Leave the `/` out.']);
}

function* trustDomain(value: string, path: string): Iterable<Problem> {
  if (value.includes('/')) yield invalid(path, `${shown(value)} is no trust domain`, 'Leave the `/` out.');
  else if (value.split('*').length > 2) yield invalid(path, `${shown(value)} has several wildcards`, 'Write one.');
}

function* method(value: string, path: string): Iterable<Problem> {
  yield* text(value, path);
  if (/[a-z]/.test(value))
    yield doubtful('IST0133', path, [`methods are compared with their case, so ${shown(value)} matches none of HTTP's`, 'Use capitals.']);
}

function* path(value: string, at: string): Iterable<Problem> {
  if (isPathTemplate(value)) {
    const fault = templateFault(value);
    if (fault) yield invalid(at, fault, 'Write whole segments: `/items/{*}`, or `/items/{**}` for all below.');
    return;
  }
  yield* text(value, at);
  if (!value.startsWith('/') && !value.startsWith('*'))
    yield doubtful('IST0133', at, [`a path begins with \`/\`, so ${shown(value)} matches none`, 'Begin it with `/`.']);
  else if (/[?#]/.test(value))
    yield doubtful('IST0133', at, ['queries and fragments are no part of the path, so this matches none', 'Leave it out.']);
}

const sourceFields: Readonly<Record<keyof AuthorizationSource, Fault>> = {
  principals: principal,
  notPrincipals: principal,
  requestPrincipals: text,
  notRequestPrincipals: text,
  namespaces: namespace,
  notNamespaces: namespace,
  serviceAccounts: serviceAccount,
  notServiceAccounts: serviceAccount,
  trustDomains: trustDomain,
  notTrustDomains: trustDomain,
  ipBlocks: address,
  notIpBlocks: address,
  remoteIpBlocks: address,
  notRemoteIpBlocks: address,
};

const operationFields: Readonly<Record<keyof AuthorizationOperation, Fault>> = {
  hosts: text,
  notHosts: text,
  ports: port,
  notPorts: port,
  methods: method,
  notMethods: method,
  paths: path,
  notPaths: path,
};

const conditionFaults: Readonly<Record<ConditionKey['kind'], Fault>> = {
  'source-ip': address,
  'remote-ip': address,
  'destination-ip': address,
  namespace,
  'service-account': serviceAccount,
  'trust-domain': trustDomain,
  principal,
  'request-principal': text,
  'destination-port': port,
  'server-name': text,
  header: text,
  claim: text,
  metadata: anything,
};

function* checkValues(values: readonly string[] | undefined, at: string, fault: Fault): Iterable<Problem> {
  for (const [index, value] of (values ?? []).entries()) {
    const place = `${at}[${index}]`;
    if (value === '') yield invalid(place, 'an empty value', 'Write a value, or remove it.');
    else yield* fault(value, place);
  }
}

/** What CUSTOM cannot ask about, as it stands before the filters that would know [S101]. */
const unknownToCustom = /^(?:not)?(?:namespaces|serviceAccounts|principals|requestPrincipals|trustDomains)$/i;
const keysUnknownToCustom: ReadonlySet<ConditionKey['kind']> = new Set([
  'namespace',
  'service-account',
  'trust-domain',
  'principal',
  'request-principal',
  'claim',
]);

const refusedByCustom = (at: string, what: string): Problem =>
  invalid(at, `CUSTOM rules cannot ask for \`${what}\``, 'Remove it, or let the external authorizer look at it.');

function* checkFields(fields: object | undefined, at: string, faults: Readonly<Record<string, Fault>>): Iterable<Problem> {
  const entries = Object.entries(fields ?? {}) as readonly (readonly [string, readonly string[]])[];
  if (entries.every(([, values]) => values.length === 0))
    yield invalid(at, 'says nothing', 'Write a field with values, or leave the list out for "any".');
  for (const [field, values] of entries) yield* checkValues(values, `${at}.${field}`, faults[field] ?? anything);
}

function* checkCondition({ key, values = [], notValues = [] }: AuthorizationCondition, at: string, isCustom: boolean): Iterable<Problem> {
  const known = conditionKey(key);
  if (!known) {
    yield invalid(
      `${at}.key`,
      `${shown(key)} is no key`,
      'Use one of the keys of conditions, like `source.ip` or `request.headers[name]`.',
    );
    return;
  }
  if (isCustom && keysUnknownToCustom.has(known.kind)) yield refusedByCustom(`${at}.key`, key.slice(0, 80));
  if (values.length + notValues.length === 0) yield invalid(at, 'has neither `values` nor `notValues`', 'Write one of them.');
  yield* checkValues(values, `${at}.values`, conditionFaults[known.kind]);
  yield* checkValues(notValues, `${at}.notValues`, conditionFaults[known.kind]);
}

function* checkRule(rule: AuthorizationRuleSpec, at: string, isCustom: boolean): Iterable<Problem> {
  for (const field of ['from', 'to'] as const) {
    if (rule[field]?.length === 0) yield invalid(`${at}.${field}`, 'an empty list', `Leave \`${field}\` out for "any".`);
  }
  for (const [index, { source }] of (rule.from ?? []).entries()) {
    const place = `${at}.from[${index}].source`;
    yield* checkFields(source, place, sourceFields);
    for (const field of isCustom ? Object.keys(source ?? {}) : []) {
      if (unknownToCustom.test(field)) yield refusedByCustom(`${place}.${field}`, field);
    }
  }
  for (const [index, { operation }] of (rule.to ?? []).entries())
    yield* checkFields(operation, `${at}.to[${index}].operation`, operationFields);
  for (const [index, condition] of (rule.when ?? []).entries()) yield* checkCondition(condition, `${at}.when[${index}]`, isCustom);
}

const isOfHttp = (field: string): boolean => /^(?:not)?(?:requestPrincipals|hosts|methods|paths)$/i.test(field);

/** Where TCP has nothing of what a DENY rule asks for in its operations, it is wider there [S106]; Istio warns of the same. */
const deniesTcp = ({ from = [], to = [] }: AuthorizationRuleSpec): boolean => {
  const onlyHttp = (fields: readonly (object | undefined)[]): boolean =>
    fields.length > 0 && fields.every((field) => Object.keys(field ?? {}).every(isOfHttp));
  const sources = from.map(({ source }) => source);
  const operations = to.map(({ operation }) => operation);
  return (from.length > 0 && to.length === 0 && onlyHttp(sources)) || onlyHttp(operations);
};

/** Told once: a policy may have hundreds of such rules, none of them a mistake by itself. */
function* checkTcp(rules: readonly AuthorizationRuleSpec[]): Iterable<Problem> {
  const [first, ...others] = [...rules.entries()].filter(([, rule]) => deniesTcp(rule));
  if (!first) return;
  const whose = others.length > 0 ? `the rule and ${others.length} more ask` : 'the rule asks';
  yield doubtful('IST0133', `spec.rules[${first[0]}]`, [
    `TCP has nothing of what ${whose} of requests, so every connection to a TCP port that the rest of it is for is denied`,
    'Name the HTTP ports with `ports`.',
  ]);
}

export function* checkRules({ action, rules = [] }: AuthorizationPolicySpec): Iterable<Problem> {
  for (const [index, rule] of rules.entries()) yield* checkRule(rule, `spec.rules[${index}]`, action === 'CUSTOM');
  if (action === 'DENY') yield* checkTcp(rules);
}
