/** Objects as one would write them. */
import { stringify } from 'yaml';
import { groupVersion, kindOf } from './kinds.ts';
import type { Resource } from './resource.ts';

const fieldsOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Readonly<Record<string, unknown>>) : {};

/** Without what Weft says of it. */
export const manifestOf = ({ apiVersion, kind, metadata, spec }: Resource): Readonly<Record<string, unknown>> => {
  const { labels, annotations, namespace, name } = metadata;
  const whole = kindOf(groupVersion(apiVersion).group, kind)?.body === 'whole';
  return {
    apiVersion,
    kind,
    metadata: {
      name,
      ...(namespace && { namespace }),
      ...(Object.keys(labels).length > 0 && { labels }),
      ...(Object.keys(annotations).length > 0 && { annotations }),
    },
    ...(whole ? fieldsOf(spec) : { spec: fieldsOf(spec) }),
  };
};

export const manifestText = (resource: Resource): string => stringify(manifestOf(resource), { lineWidth: 0, aliasDuplicateObjects: false });
