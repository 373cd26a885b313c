/** Icons of the kinds of nodes, 24 by 24, drawn on the map and in its legend alike. */
import type { Mark, NodeKind } from '../scene.ts';

export type IconName = NodeKind | Mark | 'unlocked';

export const iconPaths: Readonly<Record<IconName, string>> = {
  service: 'M12 2.5 20.5 7v10L12 21.5 3.5 17V7Z M3.5 7 12 11.5 20.5 7 M12 11.5v10',
  workload: 'M3 4h18v7H3Z M3 13h18v7H3Z M7 7.5h.01 M7 16.5h.01',
  application: 'M4 4h16v16H4Z M4 9h16 M9 9v11',
  version: 'M3 3h9l9 9-9 9-9-9Z M8 8h.01',
  gateway: 'M4 21V9l8-6 8 6v12 M9 21v-7h6v7 M2 21h20',
  external: 'M7 18a4.5 4.5 0 0 1-.5-8.97 6 6 0 0 1 11.6 1.2A4 4 0 0 1 17.5 18Z',
  outside: 'M12 11a4 4 0 1 0 0-8 4 4 0 0 0 0 8Z M4.5 21a7.5 7.5 0 0 1 15 0',
  group: 'M4 4h7v7H4Z M13 4h7v7h-7Z M4 13h7v7H4Z M13 13h7v7h-7Z',
  bare: 'M12 3 20 6v6c0 4-3 7-8 9-5-2-8-5-8-9V6Z M4 4l16 16',
  routed: 'M4 12h6 M10 12 19 5 M10 12 19 19 M15 4h5v5 M15 20h5v-5',
  limited: 'M12 3v9 M6.5 6.5a8 8 0 1 0 11 0',
  unlocked: 'M5 11h14v10H5Z M8 11V7a4 4 0 0 1 7.5-2',
};

const cut = new Map<string, Path2D>();

export const iconPath = (name: IconName): Path2D => {
  const known = cut.get(name) ?? new Path2D(iconPaths[name]);
  cut.set(name, known);
  return known;
};

export const Icon = ({ name, size = 18 }: { readonly name: IconName; readonly size?: number }) => (
  <svg width={size} height={size} viewBox="0 0 24 24" fill="none" stroke="currentColor" strokeWidth="2" aria-hidden="true">
    <path d={iconPaths[name]} />
  </svg>
);
