/** A service's health by its objectives: what its owners promised weighs more than thresholds that suit everybody. */
import type { Health, ObjectiveStatus } from '@weft/model';

export interface Verdict {
  readonly health: Health;
  readonly words: string;
}

const severity: readonly Health[] = ['failing', 'degraded', 'healthy', 'idle'];

/** `shop/web` of a service that is named shortly, or by its whole host. */
const serviceOf = ({ namespace, subject }: ObjectiveStatus): string => {
  const [name, other] = subject.service.split('.');
  return `${other ?? namespace}/${name}`;
};

const verdictOf = ({ name, target, budget, burnRates, compliance }: ObjectiveStatus): Verdict => {
  if (compliance === null) return { health: 'idle', words: `objective ${name}: nothing was counted` };
  const words = `objective ${name} (${target} %): ${Number(Math.max(budget.remaining, -999).toPrecision(3))} % of its error budget are left`;
  if (burnRates.some(({ holds }) => holds)) return { health: 'failing', words: `${words}, and it burns too fast` };
  return { health: budget.remaining < 0 ? 'failing' : budget.remaining < 25 ? 'degraded' : 'healthy', words };
};

/** @returns of a service the worst of its objectives; undefined where it has none */
export const judgedBy = (objectives: readonly ObjectiveStatus[]): ((service: string) => Verdict | undefined) => {
  const byService = Map.groupBy(objectives, serviceOf);
  return (service) => {
    const verdicts = (byService.get(service) ?? []).map(verdictOf);
    return severity.flatMap((health) => verdicts.find((verdict) => verdict.health === health) ?? [])[0];
  };
};
