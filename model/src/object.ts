/** What an object says of itself, before its content is looked at. */
import { groupVersion, type Kind, kindOf } from './kinds.ts';
import { doubtful, type Problem, wrong } from './problem.ts';
import type { Json } from './yaml/json.ts';

export type JsonObject = { readonly [key: string]: Json };

export const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export interface Identified {
  readonly kind: Kind;
  readonly apiVersion: string;
  readonly object: JsonObject;
}

/** The kind that an object says it is of. */
export const identify = (value: Json): Identified | Problem => {
  if (!isObject(value)) return wrong('WEFT0008', '', ['the document is no object', 'Write `apiVersion`, `kind` and `metadata`.']);
  const { apiVersion, kind: name } = value;
  if (typeof apiVersion !== 'string')
    return wrong('WEFT0008', 'apiVersion', ['the object has no `apiVersion`', 'Add it, for example `v1` or `networking.istio.io/v1`.']);
  if (typeof name !== 'string') return wrong('WEFT0008', 'kind', ['the object has no `kind`', 'Add it.']);
  const { group, version } = groupVersion(apiVersion);
  const kind = kindOf(group, name);
  if (!kind)
    return wrong('WEFT0009', 'kind', [
      `unknown kind \`${name.slice(0, 80)}\` of \`${apiVersion.slice(0, 80)}\``,
      'Correct `apiVersion` and `kind`, or remove the object.',
    ]);
  if (!kind.versions.includes(version)) {
    return wrong('WEFT0010', 'apiVersion', [
      `\`${name}\` has no version \`${version.slice(0, 80)}\``,
      `Use \`${[group, kind.versions[0]].filter(Boolean).join('/')}\`.`,
    ]);
  }
  return { kind, apiVersion, object: value };
};

/** What an unsupported kind is told; `undefined` for a kind that takes effect. */
export const standing = (kind: Kind): Problem | undefined => {
  const help = kind.help ?? 'Remove it, or keep in mind that it does nothing here.';
  if (kind.state === 'supported') return undefined;
  return { ...doubtful('WEFT0011', '', [`${kind.kind} has no effect yet`, help]), severity: kind.severity ?? 'warning' };
};

/** The content: `spec`, or everything beside the metadata for kinds without one. */
export const bodyOf = (kind: Kind, object: JsonObject): { readonly spec: Json; readonly problems: readonly Problem[] } => {
  const { apiVersion: _a, kind: _k, metadata: _m, status: _s, ...rest } = object;
  if (kind.body === 'whole') return { spec: rest, problems: [] };
  const { spec, ...unknown } = rest;
  const code = kind.group.endsWith('istio.io') ? 'IST0106' : 'WEFT0020';
  const problems = Object.keys(unknown).map((key) => wrong(code, key, [`unknown field \`${key}\``, 'Remove it, or move it under `spec`.']));
  return { spec: spec ?? {}, problems };
};
