/** From what a record or a policy names to its own page. */
import { Link } from '@tanstack/react-router';
import type { WrittenPlace } from '@weft/model';
import type { RuleRef } from '@weft/signals';
import type { ReactNode } from 'react';
import type { Asked } from './access/asked.ts';

export interface NamedObject {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

export const ObjectLink = ({ kind, namespace, name }: NamedObject) => (
  <Link to={`/config/${kind}/${encodeURIComponent(namespace || '-')}/${encodeURIComponent(name)}` as string}>
    {kind} {namespace === '' ? name : `${namespace}/${name}`}
  </Link>
);

/** An object, the field in it, and where it is written. */
export const PlaceLink = (place: WrittenPlace) => (
  <>
    <ObjectLink {...place} />
    {place.path !== '' && (
      <>
        , <code>{place.path}</code>
      </>
    )}
    {place.file !== undefined && (
      <span className="soft">
        {' '}
        ({place.file.split('/').at(-1)}
        {place.line !== undefined && `:${place.line}`})
      </span>
    )}
  </>
);

export const RuleLink = ({ namespace, name, rule }: RuleRef) => (
  <>
    rule {rule} of <ObjectLink kind="AuthorizationPolicy" namespace={namespace} name={name} />
  </>
);

/** Nothing where nobody is known. */
export const WorkloadLink = ({ namespace, workload }: { readonly namespace: string; readonly workload: string }) =>
  workload === '' ? null : (
    <Link className="whole" to={`/workloads/${encodeURIComponent(namespace)}/${encodeURIComponent(workload)}` as string}>
      {namespace}/{workload}
    </Link>
  );

/** A host of the mesh's own services leads to its page; any other is only named. */
export const ServiceLink = ({ host }: { readonly host: string }) => {
  const [, name, namespace] = /^([^.]+)\.([^.]+)\.svc(?:\.|$)/.exec(host) ?? [];
  if (name === undefined || namespace === undefined) return <span>{host}</span>;
  return <Link to={`/services/${encodeURIComponent(namespace)}/${encodeURIComponent(name)}` as string}>{host}</Link>;
};

export const TraceLink = ({ trace }: { readonly trace: string }) => <Link to={`/traces/${trace}` as string}>{trace}</Link>;

/** To the records behind a number; of the page's own time unless another is said. */
export const AllRecords = ({
  search,
  children,
}: {
  readonly search: Asked & { readonly since?: string };
  readonly children: ReactNode;
}) => (
  <Link to={'/security/access' as string} search={((before: Record<string, unknown>) => ({ ...before, ...search })) as never}>
    {children}
  </Link>
);
