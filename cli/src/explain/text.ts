/** A journey as a person reads it: one block for each proxy, the way in front, the reasons behind it. */
import { relative } from 'node:path';
import type {
  Amendment,
  ClusterStep,
  DecidingRule,
  EndpointStep,
  HeaderChanges,
  Hop,
  Journey,
  Outcome,
  Request,
  RetryStep,
  Rewrites,
  TlsStep,
  Verdict,
  WrittenPlace,
} from '@weft/model';
import type { Terminal } from '../terminal.ts';

type Paint = Terminal['paint'];

const roles: Readonly<Record<Hop['role'], string>> = {
  client: 'sidecar of the client',
  server: 'sidecar of the server',
  gateway: 'gateway',
};

const time = (ms: number): string => (ms % 1000 === 0 ? `${ms / 1000} s` : `${ms} ms`);
const share = (percent: number): string => `${Number(percent.toFixed(2))} %`;

/** Seen from here, where that is shorter. */
const nearest = (file: string): string => (relative('', file).length < file.length ? relative('', file) : file);

/** `VirtualService shop/catalog (traffic.yaml:12)` */
export const placeText = ({ kind, namespace, name, path, file, line, delegatedBy }: WrittenPlace): string => {
  const where = file === undefined ? path : `${nearest(file)}${line === undefined ? '' : `:${line}`}`;
  const origin = delegatedBy ? `, delegated by ${delegatedBy.kind} ${delegatedBy.namespace}/${delegatedBy.name}` : '';
  return `${kind} ${namespace === '' ? '' : `${namespace}/`}${name}${where ? ` (${where})` : ''}${origin}`;
};

const tlsText = ({ mode, sni, identities }: TlsStep): string => {
  const server = identities?.length ? `, server ${identities.join(' or ')}` : '';
  return mode === 'plaintext' ? 'plaintext' : `${mode}${sni === undefined ? '' : `, SNI ${sni}`}${server}`;
};

const endpointLine = ({ address, port, workload, namespace, locality, health, weight }: EndpointStep, paint: Paint): string => {
  const who = workload === '' ? '' : `  ${namespace === '' ? '' : `${namespace}/`}${workload}`;
  const state = health === 'ready' ? paint.green(health) : health === 'unknown' ? 'resolved by Envoy' : paint.yellow(health);
  return `${address}:${port}${who}  ${state}${locality === '' ? '' : `  ${locality}`}${weight === 1 ? '' : `  weight ${weight}`}`;
};

const shownEndpoints = 5;

const clusterLines = (cluster: ClusterStep, paint: Paint): string[] => {
  const { name, percent, endpoints, loadBalancer, tls, object, failure, rewrites } = cluster;
  const more = endpoints.length - shownEndpoints;
  return [
    `${share(percent).padStart(5)}  ${paint.bold(name)}`,
    ...(failure ? [`       ${paint.red(`${failure.status} ${failure.flag}: ${failure.why}`)}`] : []),
    ...(failure ? [] : [`       ${tlsText(tls)}; balanced by ${loadBalancer}`]),
    ...(object ? [`       as ${placeText(object)} says`] : []),
    ...rewriteTexts(rewrites ?? {}).map((text) => `       ${text}`),
    ...endpoints.slice(0, shownEndpoints).map((endpoint) => `       → ${endpointLine(endpoint, paint)}`),
    ...(more > 0 ? [`       → and ${more} more`] : []),
  ];
};

const headerTexts = (what: string, changes: HeaderChanges | undefined): string[] => {
  if (!changes) return [];
  return [
    ...Object.entries(changes.set).map(([name, value]) => `${what} header ${name} is set to ${value}`),
    ...Object.entries(changes.add).map(([name, value]) => `${what} header ${name} gets ${value} added`),
    ...changes.remove.map((name) => `${what} header ${name} is removed`),
  ];
};

const rewriteTexts = ({ path, host, request, response }: Rewrites): string[] => [
  ...(path === undefined ? [] : [`path becomes ${path}`]),
  ...(host === undefined ? [] : [`host becomes ${host}`]),
  ...headerTexts('request', request),
  ...headerTexts('response', response),
];

const retryText = ({ attempts, on, statusCodes, perTryTimeout, otherEndpoint, otherLocality }: RetryStep): string => {
  const where = otherLocality ? ' in other localities' : otherEndpoint ? ' at other endpoints' : '';
  return `${attempts}${where} on ${[...on, ...statusCodes].join(', ')}${perTryTimeout === undefined ? '' : `; ${time(perTryTimeout)} each`}`;
};

const faultTexts = ({ faults }: Hop): string[] => {
  const { delay, abort } = faults ?? {};
  const status = abort && (abort.grpcStatus === undefined ? `${abort.status}` : `gRPC status ${abort.grpcStatus}`);
  return [
    ...(delay ? [`${share(delay.percent)} wait for ${time(delay.time)}`] : []),
    ...(abort ? [`${share(abort.percent)} are answered ${status}`] : []),
  ];
};

const outcomeText = ({ kind, status, flag, location, body, why }: Outcome, paint: Paint): string => {
  const code = status === undefined ? '' : ` ${status}${flag ? ` ${flag}` : ''}`;
  switch (kind) {
    case 'forward':
      return `${paint.green('forwarded')}: ${why}`;
    case 'passthrough':
      return `${paint.yellow('passed through')}: ${why}`;
    case 'redirect':
      return `${paint.cyan(`redirected ${status}`)} to ${location}: ${why}`;
    case 'direct':
      return `${paint.cyan(`answered${code}`)}${body ? ` "${body.slice(0, 60)}"` : ''}: ${why}`;
    case 'refused':
      return `${paint.red(status === undefined ? `closed${flag ? ` (${flag})` : ''}` : `refused${code}`)}: ${why}`;
  }
};

/** Policies that say nothing of it are left out. */
const isSaid = ({ allowed, by, asks, asides }: Verdict): boolean => !allowed || Boolean(by ?? asks ?? asides);

/** Label and text; what is empty is left out. */
const factsOf = (hop: Hop, paint: Paint): readonly (readonly [string, readonly string[]])[] => [
  ['listener', hop.listener ? [`${hop.listener}${hop.filterChain ? `, chain ${hop.filterChain}` : ''}`] : []],
  ['TLS', hop.tls === 'none' ? [] : [hop.tls]],
  ['caller', hop.verdict && isSaid(hop.verdict) ? [callerText(hop.verdict.caller)] : []],
  ['policy', hop.verdict && isSaid(hop.verdict) ? verdictTexts(hop.verdict, paint) : []],
  ['host', hop.virtualHost ? [hop.virtualHost] : []],
  [
    'route',
    hop.object ? [`${hop.route && hop.route !== 'default' ? `${hop.route}, ` : ''}${placeText(hop.object)}`] : hop.route ? [hop.route] : [],
  ],
  ['faults', faultTexts(hop)],
  ['rewrites', rewriteTexts(hop.rewrites)],
  ['mirrors', (hop.mirrors ?? []).map(({ name, percent }) => `${share(percent)} to ${name}`)],
  ['timeout', hop.timeout > 0 ? [time(hop.timeout)] : []],
  ['retries', hop.retries ? [retryText(hop.retries)] : []],
  ['CORS', Object.entries(hop.cors ?? {}).map(([name, value]) => `${name}: ${value}`)],
];

const ruleText = ({ policy, namespace, rule, condition, file, line }: DecidingRule): string => {
  const what = condition === '' ? `rule ${rule}` : condition;
  return `${namespace}/${policy}, ${what}${file === undefined ? '' : ` (${nearest(file)}${line === undefined ? '' : `:${line}`})`}`;
};

const callerText = ({ identity, address, client }: Verdict['caller']): string => {
  const who = identity === undefined ? 'nobody known (no certificate of the mesh)' : identity || 'a certificate that names nobody known';
  const where = address === undefined ? '' : `, from ${address}`;
  return `${who}${where}${client === undefined || client === address ? '' : `, for ${client}`}`;
};

/** Tried with all policies: just this is allowed then, and whatever else has the same value. */
const amendmentText = ({ policy, namespace, path, add, file, line }: Amendment): string => {
  const where = file === undefined ? '' : ` (${nearest(file)}${line === undefined ? '' : `:${line}`})`;
  return `to allow it: add ${JSON.stringify(add)} to ${path} of AuthorizationPolicy ${namespace}/${policy}${where}`;
};

export const verdictTexts = (verdict: Verdict, paint: Paint): string[] => {
  const { allowed, why, by, nearest: closest, change, amendments = [], asks = [], asides = [] } = verdict;
  return [
    ...asks.map((one) =>
      verdict.refusedBy === 'authorizer'
        ? `asked ${one.provider}, as CUSTOM ${ruleText(one)} says`
        : `asks ${one.provider}, which may allow or refuse it: CUSTOM ${ruleText(one)}`,
    ),
    `${allowed ? paint.green('allowed') : paint.red('refused')}: ${why}`,
    ...(by ? [`by ${ruleText(by)}`] : []),
    ...(closest ? [`nearest is ALLOW ${ruleText(closest)}`] : []),
    ...(change === undefined ? [] : [`needed: ${change}`]),
    ...amendments.map(amendmentText),
    ...asides.map((one) => `${one.kind} matches: ${ruleText(one)}`),
  ];
};

/** Why, the policy's lines have told. */
const refusalText = ({ status }: Outcome, paint: Paint): string =>
  paint.red(status === undefined ? 'closed by policy' : `refused ${status} by policy`);

const labelWidth = 10;

const hopLines = (hop: Hop, number: number, paint: Paint): string[] => {
  const indent = '   ';
  const facts = factsOf(hop, paint).flatMap(([label, texts]) =>
    texts.map((text, index) => `${indent}${paint.dim((index === 0 ? label : '').padEnd(labelWidth))}${text}`),
  );
  const clusters =
    hop.role === 'server' ? [] : hop.clusters.flatMap((cluster) => clusterLines(cluster, paint)).map((line) => `${indent}${line}`);
  const reached = hop.reachedBy === undefined ? '' : paint.dim(`, by ${hop.reachedBy}`);
  return [
    `${paint.bold(`${number}  ${hop.proxy}`)} ${paint.dim(`(${roles[hop.role]})`)}${reached}`,
    ...facts,
    ...clusters,
    `${indent}${hop.verdict?.allowed === false ? refusalText(hop.outcome, paint) : outcomeText(hop.outcome, paint)}`,
    '',
  ];
};

const asked = ({ protocol = 'http', scheme = 'http', method = 'GET', host, port, authority = host, path = '/' }: Request): string =>
  protocol === 'http' ? `${method} ${scheme}://${authority}${path}` : `${protocol}://${host}:${port}`;

export const journeyText = ({ from, request, hops, outcome }: Journey, { paint }: Terminal): string =>
  [
    `${paint.bold(asked(request))} from ${from}`,
    '',
    ...hops.flatMap((hop, index) => hopLines(hop, index + 1, paint)),
    outcomeText(outcome, paint),
  ].join('\n');
