/** Istio's own form of mesh settings: YAML in `data.mesh` of the ConfigMap `istio` in the root namespace. */
import { isObject, type JsonObject } from '../object.ts';
import type { Problem } from '../problem.ts';
import { ineffective } from '../rule.ts';
import { childPath, type Json, type ReadDocument } from '../yaml/json.ts';
import { readDocument } from '../yaml/read.ts';
import { defaultMeshSettings } from './settings.ts';

const isMeshConfigMap = (value: Json): value is JsonObject & { readonly data: { readonly mesh: string } } => {
  if (!isObject(value) || value['apiVersion'] !== 'v1' || value['kind'] !== 'ConfigMap') return false;
  const { metadata, data } = value;
  if (!isObject(metadata) || metadata['name'] !== 'istio' || metadata['namespace'] !== defaultMeshSettings.rootNamespace) return false;
  return isObject(data) && typeof data['mesh'] === 'string';
};

type Written = Pick<ReadDocument, 'lines'> & { readonly value: Json };

/** The ConfigMap as a MeshConfig, the one form that the rest of Weft knows; any other object as it is. */
export const asMeshConfig = (written: Written): Written & { readonly problems: readonly Problem[] } => {
  const { value, lines } = written;
  if (!isMeshConfigMap(value)) return { ...written, problems: [] };
  const { mesh, ...others } = value.data;
  // The text of a block scalar (`mesh: |`) begins on the line after its key.
  const keyLine = lines['data.mesh'] ?? lines[''] ?? 1;
  const inner = readDocument(mesh, mesh.includes('\n') ? keyLine + 1 : keyLine);
  const own: Record<string, number> = { '': lines[''] ?? 1, spec: keyLine };
  for (const [path, line] of Object.entries(lines)) if (path.startsWith('metadata')) own[path] = line;
  for (const [path, line] of Object.entries(inner.lines)) if (path !== '') own[`spec.${path}`] = line;
  const ignored = Object.keys(others).map((key) => ineffective(childPath('data', key), `\`${key}\` has no effect yet`, 'Remove it.'));
  for (const { path } of ignored) own[path] = lines[path] ?? keyLine;
  const misread = inner.problems.map((problem) => ({ ...problem, path: problem.path === '' ? 'spec' : `spec.${problem.path}` }));
  if (misread[0]?.path === 'spec') own['spec'] = inner.lines[''] ?? keyLine;
  return {
    value: { apiVersion: 'mesh.weft.dev/v1alpha1', kind: 'MeshConfig', metadata: value['metadata'] ?? {}, spec: inner.value ?? {} },
    lines: own,
    problems: [...misread, ...ignored],
  };
};
