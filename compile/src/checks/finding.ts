/** A problem of an object, with where it was written. */
import { type Finding, lineOf, type Problem, type Resource, refOf } from '@weft/model';

export const findingOf = (resource: Resource, { code, severity, path, message, help, conflictsWith }: Problem): Finding => {
  const line = lineOf(resource, path);
  return {
    code,
    severity,
    resource: refOf(resource),
    path,
    message,
    help,
    ...(conflictsWith && { conflictsWith }),
    ...(resource.origin.source === 'file' ? { file: resource.origin.file } : {}),
    ...(line === undefined ? {} : { line }),
  };
};
