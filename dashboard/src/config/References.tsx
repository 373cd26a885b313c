import { type ObjectRef, refKey, type StoredObject } from '@weft/model';
import { useMemo } from 'react';
import { Badge, Panel } from '../kit/parts.tsx';
import { Empty } from '../kit/states.tsx';
import { ObjectLink, useObjects } from './objects.tsx';
import { namedBy, naming, type Reference } from './references.ts';

const List = ({ references, of }: { readonly references: readonly Reference[]; readonly of: (reference: Reference) => ObjectRef }) => (
  <ul className="plain-list">
    {references.map((reference) => (
      <li key={`${refKey(of(reference))} ${reference.path}`} className="row">
        {reference.missing ? (
          <>
            <span>
              {reference.to.kind} {reference.to.namespace}/{reference.to.name}
            </span>
            <Badge tone="bad">there is none</Badge>
          </>
        ) : (
          <ObjectLink of={of(reference)} />
        )}
        <code className="soft">{reference.path}</code>
      </li>
    ))}
  </ul>
);

export const References = ({ object: { resource }, self }: { readonly object: StoredObject; readonly self: ObjectRef }) => {
  const { data } = useObjects();
  const [names, named] = useMemo(() => {
    const all = (data?.items ?? []).map((object) => object.resource);
    return [namedBy(resource, all), naming(self, all)];
  }, [data, resource, self]);
  return (
    <Panel title="References">
      <h3>What it names</h3>
      {names.length > 0 ? <List references={names} of={({ to }) => to} /> : <Empty>No other object.</Empty>}
      <h3>What names it</h3>
      {named.length > 0 ? <List references={named} of={({ from }) => from} /> : <Empty>No other object.</Empty>}
    </Panel>
  );
};
