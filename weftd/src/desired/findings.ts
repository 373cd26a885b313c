/** What weftd itself tells about sources and owners; everything else is told by `parse` and `build`. */
import type { Finding, ObjectRef } from '@weft/model';
import type { Claim } from '../sources/claims.ts';

export const ownedByApi = ({ ref, file, line }: Claim): Finding => ({
  code: 'WEFT0301',
  severity: 'error',
  resource: ref,
  path: '',
  message: `${ref.kind} ${ref.name} was made by \`weft apply\`, which owns it; what this file says of it is left out`,
  help: `Delete it (\`weft delete ${ref.kind.toLowerCase()} ${ref.name}\`), and the file takes it over.`,
  file,
  ...(line !== undefined && { line }),
});

export const ownedByFile = (ref: ObjectRef, { file, line }: { readonly file: string; readonly line: number }): Finding => ({
  code: 'WEFT0302',
  severity: 'error',
  resource: ref,
  path: '',
  message: `${ref.kind} ${ref.name} stands in ${file}:${line}, and that file owns it`,
  help: 'Change it in that file, or remove it there first.',
  file,
  line,
});

export const changedMeanwhile = (ref: ObjectRef, { read, now }: { readonly read: number; readonly now: number }): Finding => ({
  code: 'WEFT0309',
  severity: 'error',
  resource: ref,
  path: '',
  message:
    read === 0 ? `there is a ${ref.kind} ${ref.name} by now` : `${ref.kind} ${ref.name} was changed in revision ${now}, after it was read`,
  help: `See what was changed (\`weft history ${now}\`), and write it again with that in mind.`,
});

export const noSuchObject = (ref: ObjectRef): Finding => ({
  code: 'WEFT0303',
  severity: 'error',
  resource: ref,
  path: '',
  message: `there is no ${ref.kind} ${ref.name}${ref.namespace === '' ? '' : ` in namespace ${ref.namespace}`}`,
  help: `List what is there: \`weft get ${ref.kind.toLowerCase()}\`.`,
});

export const changedAgain = (ref: ObjectRef, revision: number): Finding => ({
  code: 'WEFT0307',
  severity: 'error',
  resource: ref,
  path: '',
  message: `${ref.kind} ${ref.name} was changed again after revision ${revision}`,
  help: `See what it became: \`weft history ${ref.kind.toLowerCase()} ${ref.name}\`; take back the later revisions first, or change it by hand.`,
});

export const takenBackInFile = (ref: ObjectRef, { file, line }: { readonly file: string; readonly line: number }): Finding => ({
  code: 'WEFT0308',
  severity: 'error',
  resource: ref,
  path: '',
  message: `${ref.kind} ${ref.name} is the business of ${file}:${line}: what a file says is taken back in the file`,
  help: 'Make the difference that is shown in that file.',
  file,
  line,
});

export const unreadableFile = (file: string, reason: string): Finding => ({
  code: 'WEFT0304',
  severity: 'error',
  path: '',
  message: `${reason}; the objects that it held before stay in force`,
  help: 'Make the file readable again; to remove its objects, delete it.',
  file,
  line: 1,
});

export const folderIsEmpty = (folder: string, objects: number): Finding => ({
  code: 'WEFT0305',
  severity: objects > 0 ? 'error' : 'warning',
  path: '',
  message:
    objects > 0
      ? `no manifest is left in ${folder}; the ${objects} objects that were in force stay in force`
      : `there is no manifest in ${folder}`,
  help:
    objects > 0 ? 'Bring the files back; to remove the objects, keep at least one manifest in the folder.' : 'Put `*.yaml` files there.',
  file: folder,
});
