/** Colours of the map: the tokens of the theme that is shown. Health and protection are told by words and shapes, too. */
import type { Health } from '@weft/model';

const names = {
  surface: '--surface',
  sunken: '--surface-sunken',
  raised: '--surface-raised',
  line: '--line',
  lineStrong: '--line-strong',
  text: '--text',
  soft: '--text-soft',
  focus: '--focus',
  accent: '--accent',
  healthy: '--good',
  degraded: '--warn',
  failing: '--bad',
  idle: '--line-strong',
  info: '--info',
  plain: '--series-5',
} as const;

export type Palette = Readonly<Record<keyof typeof names, string>> & { readonly font: string };

export const readPalette = (): Palette => {
  const style = getComputedStyle(document.documentElement);
  const entries = Object.entries(names).map(([name, token]) => [name, style.getPropertyValue(token).trim()]);
  return { ...(Object.fromEntries(entries) as Record<keyof typeof names, string>), font: style.getPropertyValue('--font') };
};

export const healthColour = (palette: Palette, health: Health): string => palette[health];
