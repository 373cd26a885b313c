/** Which files of a watched folder are manifests. */
import { basename, extname } from 'node:path';

const extensions = new Set(['.yaml', '.yml', '.json']);

/** JSON that tools of the applications beside the manifests need. */
const ofTools = new Set(['package.json', 'package-lock.json', 'tsconfig.json', 'jsconfig.json']);

/**
 * Editors write beside the file they edit: `.web.yaml.swp` and `4913` (vim), `.#web.yaml` and `#web.yaml#` (emacs),
 * `web.yaml~` (many), `.goutputstream-…`: all hidden or without a manifest's extension.
 */
export const isManifest = (path: string): boolean => {
  const name = basename(path);
  return !name.startsWith('.') && !name.startsWith('#') && extensions.has(extname(name)) && !ofTools.has(name);
};

/** Folders that are not looked into. */
export const isSkippedFolder = (name: string): boolean => name.startsWith('.') || name === 'node_modules' || name === '__pycache__';
