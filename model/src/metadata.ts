/** Names, namespaces, labels and annotations by Kubernetes' rules (apimachinery/pkg/util/validation). */
import type { Kind } from './kinds.ts';
import { type Problem, wrong } from './problem.ts';
import type { Metadata } from './resource.ts';
import { childPath, type Json } from './yaml/json.ts';

const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const label = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
/** Services are DNS labels of RFC 1035: they begin with a letter. */
const label1035 = /^[a-z]([-a-z0-9]*[a-z0-9])?$/;

export const isDnsLabel = (text: string): boolean => text.length <= 63 && label.test(text);
export const isDnsSubdomain = (text: string): boolean => text.length <= 253 && subdomain.test(text);

const labelValue = /^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$/;
const labelName = /^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/;

/** `app`, `app.kubernetes.io/name` */
export const isQualifiedName = (key: string): boolean => {
  const slash = key.indexOf('/');
  const name = slash < 0 ? key : key.slice(slash + 1);
  return name.length <= 63 && labelName.test(name) && (slash < 0 || isDnsSubdomain(key.slice(0, slash)));
};

export const isLabelValue = (value: string): boolean => value.length <= 63 && labelValue.test(value);

/** Written by the API server and by tools; accepted, because people pipe `kubectl get -o yaml` into files. */
const ignored = new Set(
  'uid resourceVersion generation creationTimestamp deletionTimestamp deletionGracePeriodSeconds managedFields ownerReferences finalizers selfLink'.split(
    ' ',
  ),
);

const bad = (path: string, message: string, help: string): Problem => wrong('WEFT0013', path, [message, help]);

const isRecord = (value: Json | undefined): value is { readonly [key: string]: Json } =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function* checkLabels(map: { readonly [key: string]: Json }, path: string): Iterable<Problem> {
  for (const [key, value] of Object.entries(map)) {
    const at = childPath(path, key);
    if (!isQualifiedName(key))
      yield bad(at, `\`${key}\` is no label name`, 'Use letters, digits, `-`, `_` and `.`, with an optional DNS prefix and `/`.');
    if (typeof value !== 'string')
      yield bad(at, `a label's value must be a string, not ${JSON.stringify(value)}`, 'Put the value in quotes.');
    else if (!isLabelValue(value)) yield bad(at, `\`${value}\` is no label value`, 'Use at most 63 letters, digits, `-`, `_` and `.`.');
  }
}

function* checkAnnotations(map: { readonly [key: string]: Json }, path: string): Iterable<Problem> {
  for (const [key, value] of Object.entries(map)) {
    const at = childPath(path, key);
    if (!isQualifiedName(key))
      yield bad(at, `\`${key}\` is no annotation name`, 'Use letters, digits, `-`, `_` and `.`, with an optional DNS prefix and `/`.');
    if (typeof value !== 'string')
      yield bad(at, `an annotation's value must be a string, not ${JSON.stringify(value)}`, 'Put the value in quotes.');
  }
}

const isName = (kind: Kind, name: string): boolean => {
  if (kind.kind === 'Service') return name.length <= 63 && label1035.test(name);
  if (kind.kind === 'Namespace') return isDnsLabel(name);
  return isDnsSubdomain(name);
};

/** Labels and annotations of an object or of a pod template. */
export function* checkMetadataMaps(metadata: { readonly [key: string]: Json }, path: string): Iterable<Problem> {
  for (const [field, check] of [
    ['labels', checkLabels],
    ['annotations', checkAnnotations],
  ] as const) {
    const map = metadata[field];
    const at = `${path}.${field}`;
    if (isRecord(map)) yield* check(map, at);
    else if (map !== undefined && map !== null) yield bad(at, `\`${field}\` must be a mapping`, 'Write `name: value` lines.');
  }
}

export interface ReadMetadata {
  /** Absent when the object has no usable name. */
  readonly metadata?: Metadata;
  readonly problems: readonly Problem[];
}

const strings = (map: Json | undefined): Readonly<Record<string, string>> =>
  isRecord(map) ? (Object.fromEntries(Object.entries(map).filter(([, value]) => typeof value === 'string')) as Record<string, string>) : {};

/** @param created what the source says where the object does not, in Unix milliseconds */
export const readMetadata = (kind: Kind, value: Json | undefined, created: number): ReadMetadata => {
  if (!isRecord(value)) return { problems: [bad('metadata', 'the object has no `metadata`', 'Add `metadata:` with a `name:`.')] };
  const { name, namespace } = value;
  const problems: Problem[] = [];
  for (const key of Object.keys(value)) {
    if (ignored.has(key) || ['name', 'namespace', 'labels', 'annotations'].includes(key)) continue;
    problems.push(
      key === 'generateName'
        ? bad('metadata.generateName', 'generated names are not supported', 'Write `name`.')
        : wrong('WEFT0020', childPath('metadata', key), [`unknown field \`${key}\``, 'Remove it or correct its name.']),
    );
  }
  if (typeof name !== 'string' || name === '')
    return { problems: [...problems, bad('metadata.name', 'the object has no name', 'Add `metadata.name`, a string.')] };
  if (!isName(kind, name)) {
    problems.push(
      bad(
        'metadata.name',
        `\`${name.slice(0, 80)}\` is no valid name (RFC 1123)`,
        'Use lower-case letters, digits and `-`; begin and end with a letter or digit.',
      ),
    );
    return { problems };
  }
  if (namespace !== undefined && namespace !== null && (typeof namespace !== 'string' || !(namespace === '' || isDnsLabel(namespace)))) {
    problems.push(
      bad('metadata.namespace', `\`${String(namespace).slice(0, 80)}\` is no valid namespace`, 'Use lower-case letters, digits and `-`.'),
    );
    return { problems };
  }
  problems.push(...checkMetadataMaps(value, 'metadata'));
  const given = typeof value['creationTimestamp'] === 'string' ? Date.parse(value['creationTimestamp']) : Number.NaN;
  const metadata: Metadata = {
    name,
    namespace: kind.namespaced ? (typeof namespace === 'string' && namespace) || 'default' : '',
    labels: strings(value['labels']),
    annotations: strings(value['annotations']),
    created: Number.isNaN(given) ? created : given,
  };
  return { metadata, problems };
};
