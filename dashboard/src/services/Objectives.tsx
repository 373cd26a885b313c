/** What was promised of a service, what of the error budget is left, how fast it goes and who uses it up. */
import { Link } from '@tanstack/react-router';
import type { ObjectiveStatus } from '@weft/model';
import { WholeObjective } from '../alerts/OneObjective.tsx';
import { Panel } from '../kit/parts.tsx';
import { Empty } from '../kit/states.tsx';
import type { Named } from './roster.ts';

export interface ObjectivesProps {
  readonly service: Named;
  readonly objectives: readonly ObjectiveStatus[];
}

export const Objectives = ({ service, objectives }: ObjectivesProps) => (
  <>
    <p>
      <Link
        className="button"
        to={`/services/${service.namespace}/${service.name}/new-objective` as string}
        search={((before: object) => ({ ...before, tab: undefined })) as never}
      >
        New objective, from its past
      </Link>
    </p>
    {objectives.length === 0 && (
      <Empty>
        Nobody said what is good enough: an object of kind <code>ServiceLevelObjective</code> does.
      </Empty>
    )}
    {objectives.map((objective) => {
      const name = `${objective.namespace}/${objective.name}`;
      return (
        <Panel key={name} title={<Link to={`/alerts/objectives/${name}` as string}>{name}</Link>}>
          <WholeObjective objective={objective} />
        </Panel>
      );
    })}
  </>
);
