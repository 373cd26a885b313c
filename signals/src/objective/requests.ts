/** Requests to a service, each counted once and as its caller saw it, who also knows of servers that did not answer. */
import type { ObjectiveCaller } from '@weft/model';
import { type Perspective, perspectives } from '../golden/subjects.ts';
import type { Answered, Question, SeriesGroup, SignalsQuery, Where } from '../query.ts';
import type { Amount, Measured, Observations } from '../series/steps.ts';
import type { Answer } from './events.ts';

/** Full, where the service is written short. */
export const hostOf = (service: string, namespace: string): string =>
  service.includes('.') ? service : `${service}.${namespace}.svc.cluster.local`;

const callerWhere = ({ principal, namespace, workload }: ObjectiveCaller): Where => ({
  ...(principal !== undefined && { source_principal: [`spiffe://${principal}`] }),
  ...(namespace !== undefined && { source_workload_namespace: [namespace] }),
  ...(workload !== undefined && { source_workload: [workload] }),
});

export interface Asked extends Omit<Question, 'metric' | 'where'> {
  readonly where: Where;
  readonly caller?: ObjectiveCaller;
  /** As callers saw it unless told. */
  readonly seenBy?: Perspective;
}

/** What is asked for, once for each of those who count. */
const sides = ({ where, caller = {}, seenBy = 'callers' }: Asked): readonly Where[] =>
  perspectives[seenBy].map((side) => ({ ...where, ...callerWhere(caller), ...side }));

const questionsOf = (metric: string, asked: Asked): readonly Question[] => {
  const { where: _, caller: __, seenBy: ___, ...rest } = asked;
  return sides(asked).map((where) => ({ metric, ...rest, where }));
};

const joined = <Value extends Measured>(answers: readonly Answered<Value>[]): Answered<Value> => ({
  step: Math.max(...answers.map(({ step }) => step)),
  groups: answers.flatMap(({ groups }) => groups),
  // Where one of them looked, somebody looked.
  gaps: (answers[0]?.gaps ?? []).filter((at) => answers.every(({ gaps }) => gaps.includes(at))),
});

export const answerLabels = ['response_code', 'grpc_response_status'];

export const answerOf = ({ labels }: SeriesGroup<Measured>): Answer => ({
  code: labels['response_code'] ?? '',
  grpcStatus: labels['grpc_response_status'] ?? '',
});

export const requestsOf = async (query: SignalsQuery, asked: Asked): Promise<Answered<Amount>> =>
  joined(await Promise.all(questionsOf('istio_requests_total', asked).map((question) => query.counters(question))));

export const durationsOf = async (query: SignalsQuery, asked: Asked): Promise<Answered<Observations>> =>
  joined(await Promise.all(questionsOf('istio_request_duration_milliseconds', asked).map((question) => query.histograms(question))));
