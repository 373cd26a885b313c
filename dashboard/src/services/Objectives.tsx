/** What was promised of a service, what of the error budget is left, and how fast it goes. */
import type { BurnStatus, ObjectiveStatus } from '@weft/model';
import { Badge, Figure, Panel } from '../kit/parts.tsx';
import { Empty } from '../kit/states.tsx';
import { type Column, Table } from '../kit/Table.tsx';
import { count, duration, moment, percent } from '../kit/words.ts';

const burn = (times: number | null): string => (times === null ? '-' : `${count(times)}×`);

const columns: readonly Column<BurnStatus>[] = [
  { id: 'factor', name: 'Told from', number: true, value: ({ factor }) => factor, cell: ({ factor }) => `${factor}×` },
  {
    id: 'long',
    name: 'Over the long window',
    number: true,
    value: (one) => one.overLong ?? undefined,
    cell: (one) => `${burn(one.overLong)} in ${one.long}`,
  },
  {
    id: 'short',
    name: 'Over the short one',
    number: true,
    value: (one) => one.overShort ?? undefined,
    cell: (one) => `${burn(one.overShort)} in ${one.short}`,
  },
  { id: 'severity', name: 'Severity', value: ({ severity }) => severity },
  {
    id: 'holds',
    name: 'Now',
    value: ({ holds }) => String(holds),
    cell: ({ holds }) => (holds ? <Badge tone="bad">burns too fast</Badge> : <Badge tone="good">within</Badge>),
  },
  { id: 'reason', name: 'Reason', value: ({ reason }) => reason },
];

const wanted = ({ indicator, target, counts }: ObjectiveStatus): string =>
  `${target} % of ${counts} ${indicator.kind === 'latency' ? `within ${duration(indicator.thresholdMs)}` : 'succeed'}`;

const Objective = ({ objective }: { readonly objective: ObjectiveStatus }) => {
  const { namespace, name, description, compliance, budget, forecast, burnRates, period, good, total, fault, subject } = objective;
  const tone = budget.remaining <= 0 ? 'bad' : budget.remaining < 25 ? 'warn' : 'good';
  return (
    <Panel title={`${namespace}/${name}`}>
      {description !== '' && <p>{description}</p>}
      {fault && <Empty>{fault}</Empty>}
      <dl className="figures">
        <Figure name="Wanted">{wanted(objective)}</Figure>
        {subject.route && <Figure name="Of the route">{subject.route}</Figure>}
        <Figure name="So far" tone={compliance !== null && compliance < objective.target ? 'bad' : 'plain'}>
          {compliance === null ? '-' : percent(compliance / 100)}
        </Figure>
        <Figure name="Error budget left" tone={tone}>
          {percent(budget.remaining / 100)}
        </Figure>
        <Figure name="Failed of allowed">
          {count(budget.failed)} of {count(budget.allowed)}
        </Figure>
        <Figure name="Good of all">
          {count(good)} of {count(total)}
        </Figure>
        <Figure name="Forecast">{forecast.words}</Figure>
      </dl>
      <p>
        <meter
          min={0}
          max={100}
          low={25}
          optimum={100}
          value={Math.max(0, budget.remaining)}
          aria-label="Error budget left"
          className="budget"
        />
      </p>
      <p className="soft">
        From {moment(period.from)} to {moment(period.to)}.
      </p>
      <Table name={`Burn rates of ${name}`} rows={burnRates} columns={columns} keyOf={({ factor, long }) => `${factor} ${long}`} />
    </Panel>
  );
};

export const Objectives = ({ objectives }: { readonly objectives: readonly ObjectiveStatus[] }) =>
  objectives.length === 0 ? (
    <Empty>
      Nobody said what is good enough: an object of kind <code>ServiceLevelObjective</code> does.
    </Empty>
  ) : (
    objectives.map((objective) => <Objective key={`${objective.namespace}/${objective.name}`} objective={objective} />)
  );
