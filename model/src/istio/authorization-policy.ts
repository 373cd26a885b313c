import { doubtful, type Problem } from '../problem.ts';
import type { Metadata } from '../resource.ts';
import { checkLabelMap, ineffective, invalid, unenforced } from '../rule.ts';
import { childPath } from '../yaml/json.ts';
import { checkRules } from './authorization-rule.ts';

export interface AuthorizationSource {
  readonly principals?: readonly string[];
  readonly notPrincipals?: readonly string[];
  readonly requestPrincipals?: readonly string[];
  readonly notRequestPrincipals?: readonly string[];
  readonly namespaces?: readonly string[];
  readonly notNamespaces?: readonly string[];
  readonly serviceAccounts?: readonly string[];
  readonly notServiceAccounts?: readonly string[];
  readonly trustDomains?: readonly string[];
  readonly notTrustDomains?: readonly string[];
  readonly ipBlocks?: readonly string[];
  readonly notIpBlocks?: readonly string[];
  readonly remoteIpBlocks?: readonly string[];
  readonly notRemoteIpBlocks?: readonly string[];
}

export interface AuthorizationOperation {
  readonly hosts?: readonly string[];
  readonly notHosts?: readonly string[];
  readonly ports?: readonly string[];
  readonly notPorts?: readonly string[];
  readonly methods?: readonly string[];
  readonly notMethods?: readonly string[];
  readonly paths?: readonly string[];
  readonly notPaths?: readonly string[];
}

export interface AuthorizationCondition {
  readonly key: string;
  readonly values?: readonly string[];
  readonly notValues?: readonly string[];
}

export interface AuthorizationRuleSpec {
  readonly from?: readonly { readonly source?: AuthorizationSource }[];
  readonly to?: readonly { readonly operation?: AuthorizationOperation }[];
  readonly when?: readonly AuthorizationCondition[];
}

export interface PolicyTargetReference {
  readonly group?: string;
  readonly kind: string;
  readonly name: string;
}

export interface AuthorizationPolicySpec {
  readonly selector?: { readonly matchLabels?: Readonly<Record<string, string>> };
  readonly targetRef?: PolicyTargetReference;
  readonly targetRefs?: readonly PolicyTargetReference[];
  readonly action?: 'ALLOW' | 'DENY' | 'AUDIT' | 'CUSTOM';
  readonly provider?: { readonly name?: string };
  readonly rules?: readonly AuthorizationRuleSpec[];
}

export const dryRunAnnotation = 'istio.io/dry-run';

/** Go's `strconv.ParseBool`, by which Istio reads the annotation. */
const truths = ['1', 't', 'T', 'true', 'TRUE', 'True'];
const untruths = ['0', 'f', 'F', 'false', 'FALSE', 'False'];

/** @returns `undefined` where the annotation is none of Go's words for yes and no */
export const readDryRun = ({ annotations }: Pick<Metadata, 'annotations'>): boolean | undefined => {
  const text = annotations[dryRunAnnotation];
  if (text === undefined || untruths.includes(text)) return false;
  return truths.includes(text) ? true : undefined;
};

/** Only what would have been refused may be told instead: the other actions have nothing to try out. */
export const isDryRun = (metadata: Pick<Metadata, 'annotations'>, action: AuthorizationPolicySpec['action']): boolean =>
  readDryRun(metadata) === true && (action ?? 'ALLOW') !== 'CUSTOM';

export const targetsOf = ({ targetRef, targetRefs }: Pick<AuthorizationPolicySpec, 'targetRef' | 'targetRefs'>) =>
  targetRef ? [targetRef] : targetRefs;

const gatewayKind = 'gateway.networking.k8s.io/Gateway';

/** Pods that serve a Gateway of the Gateway API bear its name: policies for it are for them. */
export const gatewayNameLabel = 'gateway.networking.k8s.io/gateway-name';

/** Kinds that Istio lets policies be attached to (`validatePolicyTargetReference`). */
const attachable = new Set([gatewayKind, 'gateway.networking.k8s.io/GatewayClass', '/Service', 'networking.istio.io/ServiceEntry']);

/** @returns `group/kind`, the core group without a name */
export const targetKind = ({ group = '', kind }: PolicyTargetReference): string => `${group === 'core' ? '' : group}/${kind}`;

/** Whatever a policy may be attached to; RequestAuthentications have the same fields. */
export function* checkTargets(spec: Pick<AuthorizationPolicySpec, 'selector' | 'targetRef' | 'targetRefs'>): Iterable<Problem> {
  yield* checkLabelMap(spec.selector?.matchLabels, 'spec.selector.matchLabels', 'IST0106');
  for (const [index, target] of (targetsOf(spec) ?? []).entries()) {
    const path = spec.targetRef ? 'spec.targetRef' : `spec.targetRefs[${index}]`;
    const kind = targetKind(target);
    if (!attachable.has(kind))
      yield invalid(
        `${path}.kind`,
        `policies cannot be attached to \`${kind.slice(0, 80)}\``,
        'Name a Service, or select workloads with `selector`.',
      );
    else if (kind !== '/Service' && kind !== gatewayKind)
      yield unenforced(path, `\`${target.kind}\` is not known yet, so the policy is for nobody`, 'Select the workloads with `selector`.');
  }
}

const whole = '; write `rules: [{}]` for every request';

function* checkAction({ action, provider, rules = [] }: AuthorizationPolicySpec): Iterable<Problem> {
  if (action !== 'CUSTOM' && provider)
    yield invalid('spec.provider', `only CUSTOM has a provider, not ${action ?? 'ALLOW'}`, 'Remove it, or write `action: CUSTOM`.');
  if (action === 'CUSTOM' && !provider?.name)
    yield invalid('spec.provider', 'CUSTOM names nobody to ask', "Write `provider: {name: ...}`, one of the mesh's `extensionProviders`.");
  if ((action === 'CUSTOM' || action === 'DENY') && rules.length === 0)
    yield invalid('spec.rules', `${action} without rules never applies${whole}`, 'Write a rule, or remove the policy.');
}

function* checkDryRun({ action = 'ALLOW' }: AuthorizationPolicySpec, metadata: Metadata): Iterable<Problem> {
  const said = readDryRun(metadata);
  const path = childPath('metadata.annotations', dryRunAnnotation);
  if (said === undefined)
    yield doubtful('IST0125', path, ['neither `true` nor `false`: the policy is in force', 'Write `"true"` or `"false"`.']);
  else if (said && action === 'CUSTOM')
    yield ineffective(path, 'a dry run is for ALLOW and DENY: the policy is in force', 'Remove the annotation.');
  else if (said && action === 'AUDIT')
    yield ineffective(path, 'a dry run is for ALLOW and DENY: nothing is audited', 'Remove the annotation.');
}

export function* checkAuthorizationPolicy(spec: AuthorizationPolicySpec, metadata: Metadata): Iterable<Problem> {
  yield* checkTargets(spec);
  yield* checkAction(spec);
  yield* checkDryRun(spec, metadata);
  yield* checkRules(spec);
}
