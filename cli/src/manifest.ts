import { groupVersion, kindOf, type StoredObject } from '@weft/model';

const printable = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};

/** Key bytes are never printed, whoever asks. */
const redacted = (body: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(body).map(([field, value]) => {
      if (field !== 'data' && field !== 'stringData') return [field, value];
      return [field, Object.fromEntries(Object.keys(printable(value)).map((key) => [key, '[redacted]']))];
    }),
  );

/** A stored object as one would write it, with what Weft says of it under `status`. */
export const manifestOf = ({ resource, revision, findings, conditions }: StoredObject): Record<string, unknown> => {
  const { apiVersion, kind, metadata, spec, origin } = resource;
  const { created, labels, annotations, namespace, name } = metadata;
  const whole = kindOf(groupVersion(apiVersion).group, kind)?.body === 'whole';
  const body = printable(spec);
  return {
    apiVersion,
    kind,
    metadata: {
      name,
      ...(namespace && { namespace }),
      ...(Object.keys(labels).length > 0 && { labels }),
      ...(Object.keys(annotations).length > 0 && { annotations }),
      generation: revision,
      ...(created > 0 && { creationTimestamp: new Date(created).toISOString() }),
    },
    ...(whole ? (kind === 'Secret' ? redacted(body) : body) : { spec: body }),
    status: { revision, observedGeneration: revision, source: origin, conditions: conditions ?? [], findings },
  };
};
