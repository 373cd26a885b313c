/** What `get` shows of each kind beside name and status. */
import type {
  AlertRouteSpec,
  AlertRuleSpec,
  AuthorizationPolicySpec,
  Condition,
  DestinationRuleSpec,
  Finding,
  GatewaySpec,
  Kind,
  PeerAuthenticationSpec,
  Resource,
  SaturationAmount,
  SaturationSpec,
  ServiceEntrySpec,
  ServiceLevelObjectiveSpec,
  ServiceSpec,
  StoredObject,
  VirtualServiceSpec,
  WorkloadStatus,
} from '@weft/model';
import { isDryRun, targetsOf } from '@weft/model';
import type { Column } from './output.ts';
import type { Terminal } from './terminal.ts';

type Cell = (resource: Resource, workloads: readonly WorkloadStatus[]) => string;

/** Stored objects passed `parse`, so that their specs have the types of their kinds. */
const spec = <Spec>(resource: Resource): Partial<Spec> => resource.spec as Partial<Spec>;

const list = (values: readonly string[] | undefined): string => (values ?? []).join(',');

const readiness: Cell = ({ kind, metadata }, workloads) => {
  const found = workloads.find((one) => one.kind === kind && one.namespace === metadata.namespace && one.name === metadata.name);
  return found ? `${found.ready}/${found.desired}${found.restartNeeded ? ' restart needed' : ''}` : '';
};

/** What only tries says so: it is not in force. */
const actionOf = ({ action = 'ALLOW', provider }: AuthorizationPolicySpec, metadata: Resource['metadata']): string =>
  `${action}${provider?.name ? ` ${provider.name}` : ''}${isDryRun(metadata, action) ? ' (dry run)' : ''}`;

/** The workloads that a policy is for. */
const aim = (written: Pick<AuthorizationPolicySpec, 'selector' | 'targetRef' | 'targetRefs'>): string => {
  const targets = targetsOf(written);
  if (targets) return list(targets.map(({ kind, name }) => `${kind}/${name}`));
  const labels = Object.entries(written.selector?.matchLabels ?? {});
  return labels.length === 0 ? 'all' : list(labels.map(([key, value]) => `${key}=${value}`));
};

const amountText = ({ gauge, counter, value }: SaturationAmount = {}): string => gauge ?? counter ?? String(value ?? '');

const cells: Readonly<Record<string, readonly (readonly [title: string, cell: Cell])[]>> = {
  Namespace: [['INJECTION', ({ metadata }) => metadata.labels['istio-injection'] ?? '']],
  Deployment: [['READY', readiness]],
  Service: [
    ['CLUSTER-IP', (resource) => spec<ServiceSpec>(resource).clusterIP ?? ''],
    ['PORTS', (resource) => list(spec<ServiceSpec>(resource).ports?.map(({ name, port }) => (name ? `${name}:${port}` : `${port}`)))],
  ],
  VirtualService: [
    ['HOSTS', (resource) => list(spec<VirtualServiceSpec>(resource).hosts)],
    ['GATEWAYS', (resource) => list(spec<VirtualServiceSpec>(resource).gateways)],
  ],
  DestinationRule: [
    ['HOST', (resource) => spec<DestinationRuleSpec>(resource).host ?? ''],
    ['SUBSETS', (resource) => list(spec<DestinationRuleSpec>(resource).subsets?.map(({ name }) => name))],
  ],
  Gateway: [['SERVERS', (resource) => list(spec<GatewaySpec>(resource).servers?.map(({ port }) => `${port.protocol}:${port.number}`))]],
  ServiceEntry: [
    ['HOSTS', (resource) => list(spec<ServiceEntrySpec>(resource).hosts)],
    ['RESOLUTION', (resource) => spec<ServiceEntrySpec>(resource).resolution ?? 'NONE'],
  ],
  AuthorizationPolicy: [
    ['ACTION', ({ spec: written, metadata }) => actionOf(written as AuthorizationPolicySpec, metadata)],
    ['FOR', (resource) => aim(spec<AuthorizationPolicySpec>(resource))],
    ['RULES', (resource) => `${spec<AuthorizationPolicySpec>(resource).rules?.length ?? 0}`],
  ],
  ServiceLevelObjective: [
    ['SERVICE', (resource) => spec<ServiceLevelObjectiveSpec>(resource).subject?.service ?? ''],
    ['OF', (resource) => list(Object.keys(spec<ServiceLevelObjectiveSpec>(resource).indicator ?? {}))],
    ['TARGET', (resource) => `${spec<ServiceLevelObjectiveSpec>(resource).target ?? ''}%`],
  ],
  AlertRule: [
    ['SIGNAL', (resource) => list(Object.keys(spec<AlertRuleSpec>(resource).signal ?? {}))],
    ['SEVERITY', (resource) => spec<AlertRuleSpec>(resource).severity ?? 'ticket'],
  ],
  AlertRoute: [['TELLS', (resource) => list(spec<AlertRouteSpec>(resource).receivers?.flatMap((receiver) => Object.keys(receiver)))]],
  Saturation: [
    ['WORKLOAD', (resource) => spec<SaturationSpec>(resource).workload ?? 'all'],
    ['USED', (resource) => amountText(spec<SaturationSpec>(resource).used)],
    ['LIMIT', (resource) => amountText(spec<SaturationSpec>(resource).limit)],
  ],
  RequestAuthentication: [['FOR', (resource) => aim(spec<AuthorizationPolicySpec>(resource))]],
  PeerAuthentication: [['MODE', (resource) => spec<PeerAuthenticationSpec>(resource).mtls?.mode ?? 'UNSET']],
};

const status = (findings: readonly Finding[], { paint }: Terminal): string => {
  const worst = findings.find(({ severity }) => severity === 'error') ?? findings.find(({ severity }) => severity === 'warning');
  if (!worst) return paint.green('ok');
  const more = findings.length > 1 ? ` (and ${findings.length - 1} more)` : '';
  return `${(worst.severity === 'error' ? paint.red : paint.yellow)(worst.severity)} ${worst.code}: ${worst.message}${more}`;
};

/** What holds of the object: `accepted, conflicted with VirtualService shop/a, programmed on 3 of 3 proxies`. */
const conditionsLine = (conditions: readonly Condition[]): string =>
  conditions
    .filter(({ type, status: is }) => type !== 'Conflicted' || is === 'True')
    .map(({ type, status: is, message }) => (type === 'Accepted' && is === 'False' ? 'not accepted' : message.replace(/[;:].*$/s, '')))
    .join(', ');

const source = ({ origin }: Resource): string => (origin.source === 'file' ? `${origin.file}:${origin.line}` : 'api');

export const columnsOf = (kind: Kind, workloads: readonly WorkloadStatus[], terminal: Terminal): readonly Column<StoredObject>[] => [
  ...(kind.namespaced ? [{ title: 'NAMESPACE', value: ({ resource }: StoredObject) => resource.metadata.namespace }] : []),
  { title: 'NAME', value: ({ resource }) => resource.metadata.name },
  ...(cells[kind.kind] ?? []).map(([title, cell]) => ({ title, value: ({ resource }: StoredObject) => cell(resource, workloads) })),
  { title: 'REVISION', value: ({ revision }) => String(revision), wide: true },
  { title: 'SOURCE', value: ({ resource }) => source(resource), wide: true },
  { title: 'CONDITIONS', value: ({ conditions }) => conditionsLine(conditions ?? []), wide: true },
  { title: 'STATUS', value: ({ findings }) => status(findings, terminal) },
];
