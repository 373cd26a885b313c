/** Objects that have a say about a service, and what is wrong with each. */
import type { Concern, ConcernedObject, Finding } from '@weft/model';
import { useAsk } from '../api/ask.ts';
import { Badge, Panel } from '../kit/parts.tsx';
import { Answer } from '../kit/states.tsx';
import { type Column, Table } from '../kit/Table.tsx';
import { ObjectLink } from '../security/links.tsx';

const told: Readonly<Record<Concern, string>> = {
  definition: 'declares it',
  routing: 'where its requests go',
  destination: 'how it is called',
  admission: 'who may call it',
  identity: 'how callers prove who they are',
};

const keyOf = ({ kind, namespace, name }: ConcernedObject): string => `${kind} ${namespace}/${name}`;

const isAbout = ({ resource }: Finding, object: ConcernedObject): boolean =>
  resource?.kind === object.kind && resource.namespace === object.namespace && resource.name === object.name;

const Findings = ({ findings }: { readonly findings: readonly Finding[] }) => (
  <>
    {findings.length === 0 && <Badge tone="good">nothing is wrong</Badge>}
    {findings.map(({ code, path, severity, message, help }) => (
      <span key={`${code} ${path} ${message}`} className="listed">
        <Badge tone={severity === 'error' ? 'bad' : severity === 'warning' ? 'warn' : 'info'}>{severity}</Badge> <code>{path}</code>{' '}
        {message} {help} <span className="soft">{code}</span>
      </span>
    ))}
  </>
);

export const Configuration = ({ objects }: { readonly objects: readonly ConcernedObject[] }) => {
  const findings = useAsk<{ items: readonly Finding[] }>({ path: '/findings', topics: ['findings'] });
  const columns = (items: readonly Finding[]): readonly Column<ConcernedObject>[] => {
    const of = (object: ConcernedObject) => items.filter((finding) => isAbout(finding, object));
    return [
      { id: 'object', name: 'Object', value: keyOf, cell: (object) => <ObjectLink {...object} /> },
      { id: 'concern', name: 'What it decides', value: ({ concern }) => told[concern] },
      {
        ...{ id: 'findings', name: 'Findings' },
        value: (object) =>
          of(object)
            .map(({ code, message }) => `${code} ${message}`)
            .join('; '),
        cell: (object) => <Findings findings={of(object)} />,
      },
    ];
  };
  return (
    <Panel title="Configuration and policies">
      <Answer of={findings} loading="Looking for findings">
        {({ items }) => (
          <Table {...{ name: 'Configuration', rows: objects, columns: columns(items), keyOf }} empty="Nothing decides about it." />
        )}
      </Answer>
    </Panel>
  );
};
