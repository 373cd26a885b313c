/** Objectives for tests, as `parse` takes them. */
import { ofKind, parse } from '@weft/model';
import { type Objective, objectiveOf } from './objective.ts';

/** @param spec all but the subject */
export const objectiveFrom = (spec: string): Objective => {
  const text = `
apiVersion: mesh.weft.dev/v1alpha1
kind: ServiceLevelObjective
metadata: {name: payments, namespace: shop}
spec: {subject: {service: payments}, ${spec}}
`;
  const [found] = ofKind(parse({ text, file: 'slo.yaml', origin: { source: 'file' } }).resources, 'ServiceLevelObjective');
  if (!found) throw new Error(`not taken: ${spec}`);
  return objectiveOf(found);
};
