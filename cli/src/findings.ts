import type { Finding, Severity } from '@weft/model';
import type { Terminal } from './terminal.ts';

const order: readonly Severity[] = ['error', 'warning', 'info'];

const colored = (severity: Severity, { paint }: Terminal): string => {
  if (severity === 'error') return paint.red('error');
  return severity === 'warning' ? paint.yellow('warning') : paint.cyan('info');
};

const placeOfFinding = ({ file, line }: Finding): string => {
  if (!file) return '';
  return line ? `${file}:${line}: ` : `${file}: `;
};

const objectOf = ({ resource, path }: Finding): string => {
  if (!resource) return path && ` ${path}`;
  const name = resource.namespace ? `${resource.namespace}/${resource.name}` : resource.name;
  return ` ${resource.kind} ${name}${path ? ` ${path}` : ''}`;
};

/** `shop/web.yaml:12: error IST0101 VirtualService shop/web spec.http[0]: what is wrong; what to do`. */
export const findingLine = (finding: Finding, terminal: Terminal): string => {
  const head = `${placeOfFinding(finding)}${colored(finding.severity, terminal)} ${finding.code}${objectOf(finding)}`;
  return `${head}: ${finding.message}${finding.help ? `\n    ${terminal.paint.dim(finding.help)}` : ''}`;
};

/** The most severe first, each file's in the order of its lines. */
export const bySeverity = (findings: readonly Finding[]): Finding[] =>
  [...findings].sort(
    (a, b) =>
      order.indexOf(a.severity) - order.indexOf(b.severity) || (a.file ?? '').localeCompare(b.file ?? '') || (a.line ?? 0) - (b.line ?? 0),
  );

export const hasErrors = (findings: readonly Finding[]): boolean => findings.some((finding) => finding.severity === 'error');

export const isRefused = (findings: readonly Finding[]): boolean => findings.some((finding) => finding.refused);
