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

/** @returns the text for a format made for programs; `undefined` where the caller draws its table */
export const data = (value: unknown, format: Format | undefined): string | undefined => {
  if (format === 'json') return JSON.stringify(value, null, 2);
  if (format === 'yaml') return stringify(value, { lineWidth: 0, aliasDuplicateObjects: false }).trimEnd();
  return undefined;
};
