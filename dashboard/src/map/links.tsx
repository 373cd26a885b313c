/** From the map to the pages of what is on it; time and namespace go with them. */
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';

export interface ToProps {
  readonly path: string;
  /** Beside what every page's URL says. */
  readonly search?: Readonly<Record<string, string | undefined>>;
  readonly children: ReactNode;
}

const shared = ['since', 'from', 'to', 'at', 'ns'];

/** Only what pages share stays: boxes and searches are the map's own. */
const kept = (before: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(before).filter(([name]) => shared.includes(name)));

export const To = ({ path, search = {}, children }: ToProps) => (
  <Link to={path as never} search={((before: Readonly<Record<string, unknown>>) => ({ ...kept(before), ...search })) as never}>
    {children}
  </Link>
);

export const ServiceLink = ({ of }: { readonly of: string }) => <To path={`/services/${of}`}>service {of}</To>;

export const WorkloadLink = ({ of }: { readonly of: string }) => <To path={`/workloads/${of}`}>workload {of}</To>;

export const ObjectLink = ({
  of: { kind, namespace, name },
}: {
  readonly of: { readonly kind: string; readonly namespace: string; readonly name: string };
}) => (
  <To path={`/config/${kind}/${namespace || '-'}/${name}`}>
    {kind} {namespace ? `${namespace}/${name}` : name}
  </To>
);
