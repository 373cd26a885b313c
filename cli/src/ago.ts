/** Spans of time as people read them at a glance. */

const units: readonly (readonly [ms: number, name: string])[] = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'm'],
];

/** `3d`, `14h`, `5m`, `20s` */
export const span = (ms: number): string => {
  const [length, name] = units.find(([unit]) => Math.abs(ms) >= unit) ?? [1000, 's'];
  return `${Math.round(ms / length)}${name}`;
};
