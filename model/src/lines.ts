import type { Resource } from './resource.ts';

/** `spec.http[0].match` → `spec.http[0]` → `spec.http` → `spec` → ``. */
export const parentPath = (path: string): string => path.replace(/(?:\.[^.[\]]*|\[[^\]]*\]|^[^.[\]]*)$/, '');

/**
 * Line of a field, one-based. `lines` names only the paths whose line differs from their parent's, so that a thousand
 * objects stay small; a path without entry stands on the line of its nearest named ancestor.
 */
export const lineAt = (lines: Readonly<Record<string, number>>, path: string): number | undefined => {
  for (let at = path; at !== ''; at = parentPath(at)) {
    const line = lines[at];
    if (line !== undefined) return line;
  }
  return lines[''];
};

/** Line of a field of an object, or of the object itself. */
export const lineOf = (resource: Resource, path: string): number | undefined => {
  const line = resource.lines && lineAt(resource.lines, path);
  return line ?? (resource.origin.source === 'file' ? resource.origin.line : undefined);
};
