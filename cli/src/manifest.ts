import { manifestOf, type StoredObject } from '@weft/model';

const printable = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};

/** Key bytes are never printed, whoever asks. */
const redacted = (body: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(body).map(([field, value]) => {
      if (field !== 'data' && field !== 'stringData') return [field, value];
      return [field, Object.fromEntries(Object.keys(printable(value)).map((key) => [key, '[redacted]']))];
    }),
  );

/** A stored object as one would write it, with what Weft says of it under `status`. */
export const storedManifest = ({ resource, revision, findings, conditions }: StoredObject): Record<string, unknown> => {
  const { kind, metadata, origin } = resource;
  const { metadata: written, ...manifest } = manifestOf(resource);
  const { apiVersion, ...body } = kind === 'Secret' ? redacted(manifest) : manifest;
  return {
    apiVersion,
    kind,
    metadata: {
      ...printable(written),
      generation: revision,
      ...(metadata.created > 0 && { creationTimestamp: new Date(metadata.created).toISOString() }),
    },
    ...body,
    status: { revision, observedGeneration: revision, source: origin, conditions: conditions ?? [], findings },
  };
};
