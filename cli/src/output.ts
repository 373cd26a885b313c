/** What a command prints: tables without borders and upper-case headers, or data for programs. */
import { Option } from 'commander';
import { stringify } from 'yaml';

export type Format = 'json' | 'yaml' | 'wide' | 'name';

export const outputOption = (...formats: readonly Format[]): Option =>
  new Option('-o, --output <format>', 'how to print').choices([...formats]);

export const namespaceOption = (): Option => new Option('-n, --namespace <name>', 'look in this namespace only');

export interface Column<Row> {
  readonly title: string;
  readonly value: (row: Row) => string;
  /** Only with `-o wide`. */
  readonly wide?: true;
}

const ansi = new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*m`, 'g');
const width = (text: string): number => text.replace(ansi, '').length;

const aligned = (lines: readonly (readonly string[])[]): string[] => {
  const widths = (lines[0] ?? []).map((_, column) => Math.max(...lines.map((line) => width(line[column] ?? ''))));
  return lines.map((line) =>
    line
      .map((cell, column) => (column === line.length - 1 ? cell : cell + ' '.repeat((widths[column] ?? 0) - width(cell))))
      .join('   ')
      .trimEnd(),
  );
};

export const table = <Row>(rows: readonly Row[], columns: readonly Column<Row>[], format?: Format): string => {
  const shown = columns.filter((column) => !column.wide || format === 'wide');
  const lines = [shown.map((column) => column.title), ...rows.map((row) => shown.map((column) => column.value(row) || '-'))];
  return aligned(lines).join('\n');
};

/** What JSON would let through although terminals act on it, or hide it: controls above ASCII, marks of direction, lone surrogates. */
const unsafe = /[\u007f-\u009f\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

const escaped = (text: string): string =>
  text.replace(unsafe, (sign) =>
    Array.from({ length: sign.length }, (_, at) => `\\u${sign.charCodeAt(at).toString(16).padStart(4, '0')}`).join(''),
  );

/** As a program reads it, and nothing that a terminal would act on. */
export const json = (value: unknown, indent?: number): string => escaped(JSON.stringify(value, null, indent));

/** Text that somebody else chose, for a terminal: what it would act on is written in words. */
export const printable = (text: string): string =>
  text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, (sign) => `\\u{${(sign.codePointAt(0) ?? 0).toString(16)}}`);

const longest = 120;

/** The same where it may be long: one caller's path must not push the columns of all others off the screen. Programs get all of it. */
export const brief = (text: string): string => {
  const shown = printable(text);
  return shown.length > longest ? `${shown.slice(0, longest - 1)}…` : shown;
};

/** @returns the text for a format made for programs; `undefined` where the caller draws its table */
export const data = (value: unknown, format: Format | undefined): string | undefined => {
  if (format === 'json') return json(value, 2);
  if (format === 'yaml') return stringify(value, { lineWidth: 0, aliasDuplicateObjects: false }).trimEnd();
  return undefined;
};
