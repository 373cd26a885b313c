/** What stands behind the question mark. */
import { Refusal } from './routes.ts';

export type Query = Readonly<Record<string, string | readonly string[] | undefined>>;

/** The last where it stands more than once. @returns undefined where nothing is said */
export const textIn = (query: Query, name: string): string | undefined => [query[name] ?? []].flat().at(-1);

/** What nobody understands is no question: a name that is written wrong would find everything. */
export const onlyThese = (query: object, ...names: readonly string[]): void => {
  const strange = Object.keys(query).find((name) => !names.includes(name));
  if (strange !== undefined) throw new Refusal(400, `${strange} cannot be asked for here: ${names.join(', ') || 'nothing'} can`);
};

/** Not negative. @returns undefined where nothing is said */
export const numberIn = (query: Query, name: string): number | undefined => {
  const text = textIn(query, name);
  if (text === undefined) return undefined;
  const number = Number(text);
  if (text === '' || !Number.isFinite(number) || number < 0) throw new Refusal(400, `${name} must be a number`);
  return number;
};

/** `from` and `to` in Unix milliseconds; the last so many milliseconds where they are not said. */
export const spanIn = (query: Query, length: number): { readonly from: number; readonly to: number } => {
  const to = numberIn(query, 'to') ?? Date.now();
  const from = numberIn(query, 'from') ?? to - length;
  if (from >= to) throw new Refusal(400, 'from must be before to');
  return { from, to };
};
