/** Takes secret values out of everything that leaves weftd. */

const hidden = '[redacted]';

/** Field names, in protobuf's and in JSON's spelling, whose value is a key or may be one. */
const secretFields = /^(private_?key|private_?key_?provider|password|session_?ticket_?keys|generic_?secret|hmac_?secret|token_?secret)$/i;

const hide = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(hide);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, field]) => [key, secretFields.test(key) ? hidden : hide(field)]));
};

const hideValues = (values: unknown): unknown =>
  typeof values === 'object' && values !== null ? Object.fromEntries(Object.keys(values).map((key) => [key, hidden])) : values;

/** `kubectl apply` keeps the whole object in an annotation. */
const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';

const withoutCopy = (metadata: unknown): unknown => {
  if (typeof metadata !== 'object' || metadata === null || !('annotations' in metadata)) return metadata;
  const { annotations } = metadata;
  if (typeof annotations !== 'object' || annotations === null || !(lastApplied in annotations)) return metadata;
  return { ...metadata, annotations: { ...annotations, [lastApplied]: hidden } };
};

/** An object without the values of a Secret and without key material anywhere else. */
export const withoutKeys = <Value extends { readonly kind?: string; readonly spec?: unknown }>(value: Value): Value => {
  if (value.kind !== 'Secret') return hide(value) as Value;
  const spec = (value.spec ?? {}) as Readonly<Record<string, unknown>>;
  const held = { ...spec, data: hideValues(spec['data']), stringData: hideValues(spec['stringData']) };
  return { ...value, ...('metadata' in value && { metadata: withoutCopy(value.metadata) }), spec: held };
};
