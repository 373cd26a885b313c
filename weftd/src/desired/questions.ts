/**
 * What people ask of the compiler: answered from the mesh that is in force, that was, or that would be. Nothing of it is told to proxies,
 * and nobody's push waits for a mesh that is built for an answer longer than its building takes.
 */
import {
  concernedIn,
  enteredAgain,
  journey,
  keySetsOf,
  modesIn,
  podAt,
  type Situation,
  serviceDetails,
  servicesIn,
  tokensIn,
} from '@weft/compile';
import {
  byAge,
  type CameIn,
  type ExplainRequest,
  type Finding,
  type Journey,
  type Judgement,
  type Modes,
  type ModesQuestion,
  ofKind,
  parse,
  type RegisteredService,
  type Resource,
  refKey,
  refOf,
  type ServiceDetails,
  type WrittenObject,
} from '@weft/model';
import { tokenReader } from '@weft/model/node/tokens';
import type { Instance } from '../registry.ts';
import type { PastState } from '../store/past.ts';
import type { Built } from './compiler.ts';
import { type Uses, usesOf } from './use.ts';

export interface Sources {
  /** In force; undefined: nothing was built yet. */
  built(): Built | undefined;
  /** As if these were all objects there are. Undefined: it cannot be built. */
  preview(resources: readonly Resource[]): Built | undefined;
  resources(): readonly Resource[];
  revision(): number;
  instances(): readonly Instance[];
  past(at: number): PastState | undefined;
  readonly now: () => number;
}

export interface Questions extends Uses {
  /** Undefined: there is no such pod. */
  explain(question: ExplainRequest): Promise<Journey | undefined>;
  /** What came in at a proxy, asked again of the configuration that was in force. */
  judge(cameIn: CameIn): Judgement;
  /** Modes of mutual TLS as they are, or as they would be. Undefined: there is no mesh. */
  modes(question: ModesQuestion): Modes | undefined;
  services(): readonly RegisteredService[];
  /** Undefined: there is no such service. */
  service(named: { readonly namespace: string; readonly name: string }): ServiceDetails | undefined;
}

/** The oldest of the namespace counts, so that is the one to change. */
const strictObject = (resources: readonly Resource[], namespace: string): { object: WrittenObject; existing?: Resource } => {
  const existing = ofKind(resources, 'PeerAuthentication')
    .toSorted(byAge)
    .find(({ metadata, spec }) => metadata.namespace === namespace && Object.keys(spec.selector?.matchLabels ?? {}).length === 0);
  const object = {
    apiVersion: existing?.apiVersion ?? 'security.istio.io/v1',
    kind: 'PeerAuthentication',
    metadata: { name: existing?.metadata.name ?? 'default', namespace },
    spec: { ...existing?.spec, mtls: { mode: 'STRICT' } },
  };
  return { object, ...(existing && { existing }) };
};

const replaced = (resources: readonly Resource[], next: Resource): readonly Resource[] => {
  const key = refKey(refOf(next));
  return [...resources.filter((resource) => refKey(refOf(resource)) !== key), next].sort((a, b) =>
    refKey(refOf(a)) < refKey(refOf(b)) ? -1 : 1,
  );
};

const textOf = ({ severity, code, message, resource, path }: Finding): string => JSON.stringify([severity, code, message, resource, path]);

export const questionsTo = (sources: Sources): Questions => {
  const situation = (): Situation | undefined => {
    const mesh = sources.built()?.mesh;
    return mesh && { mesh, resources: sources.resources(), pods: sources.instances() };
  };

  /** As it was, if that is known and it was otherwise than it is. */
  const situationAt = (at: number): { readonly situation?: Situation; readonly configuration: Judgement['configuration'] } => {
    const present = situation();
    const past = sources.past(at);
    const now = { ...(present && { situation: present }) };
    if (!past) return { ...now, configuration: { revision: sources.revision(), moment: 'now', changedSince: false } };
    const { revision, changedSince, resources } = past;
    if (!changedSince) return { ...now, configuration: { revision, moment: 'then', changedSince } };
    const mesh = sources.preview(resources)?.mesh;
    if (!mesh) return { ...now, configuration: { revision: sources.revision(), moment: 'now', changedSince } };
    return { situation: { mesh, resources, pods: sources.instances() }, configuration: { revision, moment: 'then', changedSince } };
  };

  const strictModes = (namespace: string): Modes | undefined => {
    const { object, existing } = strictObject(sources.resources(), namespace);
    const created = existing?.metadata.created ?? sources.now();
    const { resources: parsed } = parse({ text: JSON.stringify(object), file: '', origin: { source: 'api' }, created });
    const [made] = parsed;
    if (!made) return undefined;
    const resources = replaced(sources.resources(), made);
    const built = sources.preview(resources);
    if (!built) return undefined;
    const known = new Set(sources.built()?.findings.map(textOf));
    return {
      workloads: modesIn({ mesh: built.mesh, resources, pods: sources.instances() }),
      findings: built.findings.filter((finding) => !known.has(textOf(finding))),
      manifest: object,
    };
  };

  return {
    services: () => {
      const known = situation();
      return known ? servicesIn(known) : [];
    },
    service: (named) => {
      const known = situation();
      return known && serviceDetails(known, named);
    },
    explain: async ({ request, from }) => {
      const known = situation();
      const caller = from && known?.pods.find(({ pod }) => pod.namespace === from.namespace && pod.name === from.name);
      if (!known || (from && !caller)) return undefined;
      const tokens = { ...(await tokenReader(tokensIn(request), keySetsOf(known.mesh))), now: sources.now };
      const found = journey({ ...known, tokens }, request, caller);
      return caller ? { ...found, concerned: concernedIn(known, caller, request.authority ?? request.host) } : found;
    },
    judge: (cameIn) => {
      const { situation: known, configuration } = situationAt(cameIn.at);
      const hop = known && enteredAgain(known, cameIn);
      const pod = known && podAt(known.pods, cameIn.proxy);
      const concerned = known && pod ? concernedIn(known, pod, cameIn.request?.host ?? cameIn.serverName) : [];
      return { configuration, concerned, ...(hop && { hop }) };
    },
    ...usesOf(situation),
    modes: ({ strict }) => {
      const known = situation();
      if (!known) return undefined;
      return strict === undefined ? { workloads: modesIn(known), findings: [] } : strictModes(strict);
    },
  };
};
