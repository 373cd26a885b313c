/** Every object of the mesh: where it came from, whether it counts, what is wrong with it. */
import { Link, useSearch } from '@tanstack/react-router';
import { kinds, refKey, refOf, type StoredObject } from '@weft/model';
import { useMemo } from 'react';
import { useAsk } from '../api/ask.ts';
import { FindInside } from '../kit/Find.tsx';
import { Badge, Page, Panel, type Tone } from '../kit/parts.tsx';
import { Answer } from '../kit/states.tsx';
import { type Column, Table } from '../kit/Table.tsx';
import { useSetSearch, useShared } from '../shell/time.ts';
import { type Objects as AllObjects, FindingCount, ObjectLink, OriginName, originWords, useObjects, worst } from './objects.tsx';
import { NowOrThen } from './past.tsx';
import { Tabs } from './Tabs.tsx';

export interface BrowserSearch {
  readonly kind?: string;
  readonly origin?: 'file' | 'api';
  readonly state?: 'wrong' | 'error';
  readonly find?: string;
  readonly sort?: string;
}

const conditionTone: Readonly<Record<string, Tone>> = { True: 'good', False: 'bad', Unknown: 'plain' };

const conditionOf = ({ conditions = [] }: StoredObject, type: string) => conditions.find((condition) => condition.type === type);

const conditionColumn = (type: 'Accepted' | 'Programmed', yes: string, no: string): Column<StoredObject> => ({
  id: type.toLowerCase(),
  name: type,
  value: (object) => conditionOf(object, type)?.status ?? '',
  cell: (object) => {
    const condition = conditionOf(object, type);
    if (!condition) return <span className="soft">-</span>;
    return (
      <Badge tone={conditionTone[condition.status] ?? 'plain'} title={condition.message}>
        {condition.status === 'True' ? yes : condition.status === 'False' ? no : 'no proxy needs it'}
      </Badge>
    );
  },
});

/** What is known of any time. */
const lasting: readonly Column<StoredObject>[] = [
  { id: 'kind', name: 'Kind', value: ({ resource }) => resource.kind },
  { id: 'namespace', name: 'Namespace', value: ({ resource }) => resource.metadata.namespace || undefined },
  {
    id: 'name',
    name: 'Name',
    value: ({ resource }) => resource.metadata.name,
    cell: ({ resource }) => <ObjectLink of={refOf(resource)} short />,
  },
  {
    id: 'origin',
    name: 'From',
    value: ({ resource }) => originWords(resource.origin),
    cell: ({ resource }) => <OriginName of={resource.origin} />,
  },
];

const columns: readonly Column<StoredObject>[] = [
  ...lasting,
  {
    id: 'findings',
    name: 'Findings',
    value: ({ findings }) => `${findings.length} ${worst(findings) ?? ''}`.trim(),
    cell: ({ findings }) => <FindingCount findings={findings} />,
  },
  conditionColumn('Accepted', 'accepted', 'refused'),
  { id: 'revision', name: 'Revision', number: true, value: ({ revision }) => revision },
];

const programmed = conditionColumn('Programmed', 'on all proxies', 'not everywhere yet');

const fits =
  ({ kind, origin, state }: BrowserSearch, ns: string | undefined) =>
  ({ resource, findings }: StoredObject): boolean =>
    (!kind || resource.kind === kind) &&
    (!ns || resource.metadata.namespace === ns || resource.metadata.name === ns) &&
    (!origin || resource.origin.source === origin) &&
    (!state || (state === 'wrong' ? findings.length > 0 : worst(findings) === 'error'));

interface ChoiceProps {
  readonly name: string;
  readonly value: string | undefined;
  readonly options: readonly (readonly [string, string])[];
  readonly onChoose: (value: string | undefined) => void;
}

const Choice = ({ name, value = '', options, onChoose }: ChoiceProps) => (
  <label className="row">
    <span className="visually-hidden">{name}</span>
    <select value={value} onChange={({ target }) => onChoose(target.value || undefined)}>
      {options.map(([option, words]) => (
        <option key={option} value={option}>
          {words}
        </option>
      ))}
    </select>
  </label>
);

interface ListProps {
  readonly objects: readonly StoredObject[];
  /** Findings are of now. */
  readonly isPast: boolean;
}

const Filters = ({ objects, isPast }: ListProps) => {
  const { kind, origin, state } = useSearch({ strict: false }) as BrowserSearch;
  const set = useSetSearch();
  const present = useMemo(() => new Set([...objects.map(({ resource }) => resource.kind), ...(kind ? [kind] : [])]), [objects, kind]);
  return (
    <search className="row">
      <FindInside />
      <Choice
        name="Kind"
        value={kind}
        options={[['', 'all kinds'], ...[...present].sort().map((one) => [one, one] as const)]}
        onChoose={(value) => set({ kind: value })}
      />
      <Choice
        name="From"
        value={origin}
        options={[
          ['', 'from anywhere'],
          ['file', 'from files'],
          ['api', 'from the API'],
        ]}
        onChoose={(value) => set({ origin: value })}
      />
      {!isPast && (
        <Choice
          name="Findings"
          value={state}
          options={[
            ['', 'right and wrong'],
            ['wrong', 'with findings'],
            ['error', 'with errors'],
          ]}
          onChoose={(value) => set({ state: value })}
        />
      )}
    </search>
  );
};

/** Asking who has each object costs a compilation for each, so only those of one kind are asked about. */
const useProgrammed = (kind: string | undefined): ReadonlyMap<string, StoredObject> => {
  const { data } = useAsk<AllObjects>({
    path: `/resources/${kind}`,
    query: { programmed: true },
    topics: ['resources', 'proxies'],
    enabled: kind !== undefined,
  });
  return useMemo(() => new Map((kind ? (data?.items ?? []) : []).map((object) => [refKey(refOf(object.resource)), object])), [data, kind]);
};

const columnsOf = ({ isPast, kind }: { readonly isPast: boolean; readonly kind: string | undefined }): readonly Column<StoredObject>[] => {
  if (isPast) return lasting;
  return kind ? [...columns, programmed] : columns;
};

const List = ({ objects, isPast }: ListProps) => {
  const search = useSearch({ strict: false }) as BrowserSearch;
  const { ns } = useShared();
  const set = useSetSearch();
  const { state: _state, ...lastingly } = search;
  const { kind } = search;
  const asked = useProgrammed(isPast ? undefined : kind);
  const rows = objects.filter(fits(isPast ? lastingly : search, ns)).map((object) => asked.get(refKey(refOf(object.resource))) ?? object);
  return (
    <Table
      name="Objects"
      rows={rows}
      columns={columnsOf({ isPast, kind })}
      keyOf={({ resource }) => refKey(refOf(resource))}
      sort={search.sort ?? 'kind'}
      onSort={(sort) => set({ sort })}
      filter={search.find ?? ''}
      empty="No object fits."
    />
  );
};

const known = new Set(kinds.filter(({ state }) => state === 'supported').map(({ kind }) => kind));

const Objects = ({ revision }: { readonly revision: number | undefined }) => {
  const isPast = revision !== undefined;
  return (
    <Panel title="Objects">
      <Answer of={useObjects(revision)} loading="Asking for all objects">
        {({ items }) => (
          <>
            <Filters objects={items} isPast={isPast} />
            <List objects={items} isPast={isPast} />
          </>
        )}
      </Answer>
    </Panel>
  );
};

export const Browser = () => {
  const { at } = useShared();
  const { kind } = useSearch({ strict: false }) as BrowserSearch;
  return (
    <Page
      title="Configuration"
      command={`npx weft get ${kind?.toLowerCase() ?? 'virtualservices'} -A`}
      call={kind ? `/resources/${kind}` : '/resources'}
      tools={
        at === undefined && (
          <Link to="/config/new" search={(kind && known.has(kind) ? { kind } : {}) as never} className="button primary">
            New object
          </Link>
        )
      }
    >
      <Tabs />
      <NowOrThen>{(revision) => <Objects revision={revision} />}</NowOrThen>
      {!kind && at === undefined && <p className="soft">Choose a kind to see on which proxies each object is.</p>}
    </Page>
  );
};
