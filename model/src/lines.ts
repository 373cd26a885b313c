import type { Resource } from './resource.ts';

/** A field, an index or a key at the end of a path. */
const lastPart = /(?:\.[^.[\]]*|\[[^\]]*\]|^[^.[\]]*)$/;

/** `spec.http[0].match` → `spec.http[0]` → `spec.http` → `spec` → ``. Always shorter: a key in quotes may hold anything. */
export const parentPath = (path: string): string => {
  if (path.endsWith('"]')) return path.slice(0, Math.max(0, path.lastIndexOf('["')));
  const parent = path.replace(lastPart, '');
  return parent === path ? '' : parent;
};

/**
 * Line of a field, one-based. `lines` names only the paths whose line differs from their parent's, so that a thousand
 * objects stay small; a path without entry stands on the line of its nearest named ancestor.
 */
export const lineAt = (lines: Readonly<Record<string, number>>, path: string): number | undefined => {
  for (let at = path; at !== ''; at = parentPath(at)) {
    if (Object.hasOwn(lines, at)) return lines[at];
  }
  return lines[''];
};

/** Line of a field of an object, or of the object itself. */
export const lineOf = (resource: Resource, path: string): number | undefined => {
  const line = resource.lines && lineAt(resource.lines, path);
  return line ?? (resource.origin.source === 'file' ? resource.origin.line : undefined);
};
