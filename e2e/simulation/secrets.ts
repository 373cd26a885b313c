/**
 * Secrets as listeners on stage get them: by the names that they were emitted with, from files. What is not there stays not there;
 * certificates that were emitted are used, and whoever vouches for clients is replaced, since nobody has its key.
 */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { decode } from '@weft/compile';
import { type JsonObject, type JsonValue, parseFileSecret, type ResourceSet, trustSecret, typeUrls, workloadSecret } from '@weft/envoy';
import type { Keys, Pair } from './keys.ts';

const isObject = (value: JsonValue | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const text = (value: string): JsonObject => ({ inline_string: value });

const certificate = ({ certificate: chain, key }: Pair): JsonObject => ({
  tls_certificate: { certificate_chain: text(chain), private_key: text(key) },
});

const trusting = (root: string): JsonObject => ({ validation_context: { trusted_ca: text(root) } });

const contentOf = (name: string, resources: ResourceSet, { mesh, known }: Keys): JsonObject | undefined => {
  if (name === workloadSecret) return certificate(mesh);
  if (name === trustSecret) return trusting(mesh.root);
  const file = parseFileSecret(name);
  if (file) return file.kind === 'certificate' ? certificate(known) : trusting(known.root);
  const emitted = resources.get(typeUrls.SDS)?.get(name);
  if (!emitted) return undefined;
  const { name: _name, ...content } = decode(emitted);
  return 'validation_context' in content ? trusting(known.root) : content;
};

export interface Secrets {
  /** Every source of secrets below is a file. */
  staged(listener: JsonObject, resources: ResourceSet): Promise<JsonObject>;
}

export const secretsIn = (folder: string, keys: Keys): Secrets => {
  /** By what they say. */
  const files = new Map<string, string>();
  const fileOf = async (name: string, resources: ResourceSet): Promise<string> => {
    const content = contentOf(name, resources, keys);
    const type = { '@type': typeUrls.SDS };
    const said = JSON.stringify({ resources: content ? [{ ...type, name, ...content }] : [] });
    const known = files.get(said);
    if (known !== undefined) return known;
    const path = join(folder, `secret-${files.size}.json`);
    files.set(said, path);
    await writeFile(path, said);
    return path;
  };
  const staged = async (value: JsonValue, resources: ResourceSet): Promise<JsonValue> => {
    if (Array.isArray(value)) return Promise.all(value.map((item) => staged(item, resources)));
    if (!isObject(value)) return value;
    const { sds_config: source, name } = value;
    if (isObject(source)) return { name: name ?? '', sds_config: { path_config_source: { path: await fileOf(String(name), resources) } } };
    const entries = await Promise.all(Object.entries(value).map(async ([key, child]) => [key, await staged(child, resources)] as const));
    return Object.fromEntries(entries);
  };
  return {
    staged: async (listener, resources) => {
      const done = await staged(listener, resources);
      return isObject(done) ? done : {};
    },
  };
};
