/**
 * The one DNS SAN of a workload certificate: `<workload>.<app>.<version>.<cluster>.meta.mesh`. weftd attests it
 * from its registry, so that a peer's labels are known for HTTP and TCP alike without a word being exchanged.
 * Readers split at dots; within a part `_d` stands for a dot and `_u` for an underscore.
 */
export interface AttestedName {
  readonly workload: string;
  readonly app: string;
  readonly version: string;
  readonly cluster: string;
}

const suffix = '.meta.mesh';
const part = /^(?:[A-Za-z0-9-]|_[du])+$/;

const escapePart = (text: string): string => text.replaceAll('_', '_u').replaceAll('.', '_d');
const unescapePart = (text: string): string => text.replaceAll('_d', '.').replaceAll('_u', '_');

/** @returns undefined where a part is empty or does not fit into a DNS label (63) or name (253, RFC 1035 2.3.4): better no name than a cut one. */
export const attestedName = ({ workload, app, version, cluster }: AttestedName): string | undefined => {
  const parts = [workload, app, version, cluster].map(escapePart);
  if (!parts.every((text) => part.test(text) && text.length <= 63)) return undefined;
  const name = parts.join('.') + suffix;
  return name.length <= 253 ? name : undefined;
};

export const parseAttestedName = (name: string): AttestedName | undefined => {
  if (!name.endsWith(suffix)) return undefined;
  const parts = name.slice(0, -suffix.length).split('.');
  if (parts.length !== 4 || !parts.every((text) => part.test(text))) return undefined;
  const [workload = '', app = '', version = '', cluster = ''] = parts.map(unescapePart);
  return { workload, app, version, cluster };
};
