/** Istio's own form of mesh settings: YAML in `data.mesh` of the ConfigMap `istio` in the root namespace. */
import { type Kind, kindOf } from '../kinds.ts';
import type { Json } from '../yaml/read.ts';
import { readDocument } from '../yaml/read.ts';
import { defaultMeshSettings } from './settings.ts';

type JsonObject = { readonly [key: string]: Json };

const isObject = (value: Json | undefined): value is JsonObject => typeof value === 'object' && value !== null && !Array.isArray(value);

const meshText = (object: JsonObject): string | undefined => {
  const { data } = object;
  const text = isObject(data) ? data['mesh'] : undefined;
  return typeof text === 'string' ? text : undefined;
};

export const isMeshConfigMap = (object: JsonObject): boolean => {
  const { apiVersion, kind, metadata } = object;
  if (apiVersion !== 'v1' || kind !== 'ConfigMap' || !isObject(metadata) || metadata['name'] !== 'istio') return false;
  return metadata['namespace'] === defaultMeshSettings.rootNamespace && meshText(object) !== undefined;
};

const meshKind = kindOf('mesh.weft.dev', 'MeshConfig') as Kind;

/** The ConfigMap as a MeshConfig, the one form that the rest of Weft knows. */
export const fromConfigMap = (object: JsonObject): { readonly kind: Kind; readonly apiVersion: string; readonly object: JsonObject } => {
  const { value, problems } = readDocument(meshText(object) ?? '', 1);
  // Text that is no YAML becomes a `spec` that is no object, so that the check of the form refuses it.
  const spec = problems.length > 0 ? (problems[0]?.message ?? '') : (value ?? {});
  return { kind: meshKind, apiVersion: 'mesh.weft.dev/v1alpha1', object: { metadata: object['metadata'] ?? {}, spec } };
};
