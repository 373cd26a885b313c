/**
 * Why an Envoy refused a resource, as its answer says: `Error adding/updating cluster(s) NAME: WHY, NAME: WHY` (cds_api_helper.cc), and of a
 * message that its own rules forbid the fields down to the one that is wrong (protoc-gen-validate:
 * `Proto constraint validation failed (ClusterValidationError.LoadAssignment: embedded message failed validation | caused by
 * ClusterLoadAssignmentValidationError.ClusterName: value length must be at least 1 characters)`).
 */

export interface RefusedResource {
  readonly name: string;
  readonly reason: string;
  /** As Envoy's API spells it, with dots; absent where its answer names none. */
  readonly field?: string;
}

const snake = (name: string): string => name.replace(/(?<=[a-z0-9])(?=[A-Z])/g, '_').toLowerCase();

const fieldOf = (reason: string): string | undefined => {
  const chain = [...reason.matchAll(/\w+ValidationError\.(\w+(?:\[[^\]]*\])?)/g)].map(([, field = '']) => snake(field));
  if (chain.length > 0) return chain.join('.');
  // What its JSON and Any readers say of a field that they do not know.
  const [, unknown] = /(?:no such field: |has unknown fields|Cannot find field: |unknown field )['"]?([\w.]+)/.exec(reason) ?? [];
  return unknown;
};

/** The last cause is what is wrong; what leads to it is the field's path. */
const causeOf = (reason: string): string => /.*ValidationError\.\S+: (.+?)\)(?=: |, |$)/s.exec(reason)?.[1] ?? reason;

const told = (name: string, text: string): RefusedResource => {
  const reason = text.trim().replace(/[,;]$/, '');
  const field = fieldOf(reason);
  return { name, reason: causeOf(reason), ...(field !== undefined && { field }) };
};

/** @param names those that are refused; of which the answer tells nothing by name it may tell all the same */
export const refusedResources = (message: string, names: readonly string[]): readonly RefusedResource[] => {
  const found = names
    .flatMap((name) => {
      const at = message.indexOf(`${name}: `);
      return at < 0 ? [] : [{ name, at, begin: at + name.length + 2 }];
    })
    .sort((a, b) => a.at - b.at);
  const named = found.map(({ name, begin }, place) => told(name, message.slice(begin, found[place + 1]?.at)));
  const others = names.filter((name) => !found.some((one) => one.name === name));
  return [...named, ...others.map((name) => told(name, message))];
};
