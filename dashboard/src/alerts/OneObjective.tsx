/** One objective: what is left of its budget, how fast it burns, since when, and who burns it. */
import './alerts.css';
import { useParams } from '@tanstack/react-router';
import type { BurnStatus, ObjectiveStatus } from '@weft/model';
import { useAsk } from '../api/ask.ts';
import { Badge, Figure, Page, Panel } from '../kit/parts.tsx';
import { Answer, Empty } from '../kit/states.tsx';
import { type Column, Table } from '../kit/Table.tsx';
import { count } from '../kit/words.ts';
import { ObjectLink, ServiceLink } from '../security/links.tsx';
import { Guilty } from './Guilty.tsx';
import { LatencyChart } from './LatencyChart.tsx';
import { indicatorOf, serviceLabels, toneOfBudget } from './objective-words.ts';
import { ProgressCharts } from './ProgressCharts.tsx';
import { AlertPlaces } from './places.tsx';

const times = (rate: number | null): string => (rate === null ? 'nothing counted' : `${Number(rate.toPrecision(3))}×`);

const columns: readonly Column<BurnStatus>[] = [
  { id: 'severity', name: 'Severity', value: ({ severity }) => severity },
  { id: 'limit', name: 'Fires above', number: true, value: ({ factor }) => factor, cell: ({ factor }) => `${factor}×` },
  {
    id: 'long',
    name: 'Long window',
    value: ({ long, overLong }) => `${times(overLong)} over ${long}`,
  },
  { id: 'short', name: 'Short window', value: ({ short, overShort }) => `${times(overShort)} over ${short}` },
  {
    id: 'holds',
    name: 'State',
    value: ({ holds }) => (holds === null ? 'unknown' : holds ? 'burns' : 'well'),
    cell: ({ holds }) => (
      <Badge tone={holds ? 'bad' : holds === null ? 'plain' : 'good'}>{holds === null ? 'unknown' : holds ? 'burns' : 'well'}</Badge>
    ),
  },
  { id: 'reason', name: 'In words', value: ({ reason }) => reason },
];

/** All that is known of one; its name is the page's or the panel's that it stands in. */
export const WholeObjective = ({ objective }: { readonly objective: ObjectiveStatus }) => {
  const { namespace, name, description, target, compliance, budget, forecast, burnRates, fault, counts, good, total, indicator } =
    objective;
  return (
    <>
      <p>
        {description} <span className="soft">{indicatorOf(objective)}</span>{' '}
        <ServiceLink host={serviceLabels(objective)['destination_service'] ?? ''} />,{' '}
        <ObjectLink kind="ServiceLevelObjective" namespace={namespace} name={name} />
      </p>
      {fault !== undefined && (
        <p className="note" data-tone="bad">
          {fault}
        </p>
      )}
      <dl className="figures">
        <Figure name="Is">{compliance === null ? 'nothing counted' : `${Number(compliance.toPrecision(6))} %`}</Figure>
        <Figure name="Target">{target} %</Figure>
        <Figure name="Budget left" tone={toneOfBudget(budget.remaining)}>
          {Number(budget.remaining.toPrecision(3))} %
        </Figure>
        <Figure name="Forecast">{forecast.words}</Figure>
        <Figure name={`Good of all ${counts}`}>
          {count(good)} of {count(total)}
        </Figure>
      </dl>
      <Panel title="Burn rates">
        <Table
          name="Burn rates"
          rows={burnRates}
          columns={columns}
          keyOf={({ long, short, severity }) => `${long} ${short} ${severity}`}
          empty="It has no burn rates."
        />
      </Panel>
      <ProgressCharts objective={objective} />
      {indicator.kind === 'latency' && <LatencyChart objective={objective} thresholdMs={indicator.thresholdMs} />}
      <Guilty objective={objective} />
    </>
  );
};

export const OneObjective = () => {
  const { namespace, name } = useParams({ strict: false }) as { namespace: string; name: string };
  const query = { namespace, name };
  const slos = useAsk<{ items: readonly ObjectiveStatus[] }>({ path: '/slos', query, topics: ['alerts', 'resources', 'signals'] });
  return (
    <Page
      title={`${namespace}/${name}`}
      command={`npx weft slo ${name} -n ${namespace}`}
      call={`/slos?namespace=${namespace}&name=${name}`}
    >
      <AlertPlaces />
      <Answer of={slos} loading="Looking at the objective">
        {({ items: [objective] }) => (objective ? <WholeObjective objective={objective} /> : <Empty>There is no such objective.</Empty>)}
      </Answer>
    </Page>
  );
};
