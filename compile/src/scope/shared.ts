import type { ScopedService } from '../mesh/index.ts';

type Level = WeakMap<object, Level | ScopedService>;

const root: Level = new WeakMap();

const below = (level: Level, part: object): Level => {
  const known = level.get(part) as Level | undefined;
  if (known) return known;
  const made: Level = new WeakMap();
  level.set(part, made);
  return made;
};

/** One object for one set of parts: clients that are told the same share it, whichever namespace they are of. Forgotten with its parts. */
export const scopedService = (parts: ScopedService): ScopedService => {
  const level = below(below(below(root, parts.service), parts.destination), parts.routes);
  const known = level.get(parts.aliases) as ScopedService | undefined;
  if (known) return known;
  level.set(parts.aliases, parts);
  return parts;
};
