/** A table's rows as a file. */
import { useState } from 'react';
import { csv } from './csv.ts';
import { save } from './parts.tsx';
import { Failed } from './states.tsx';
import type { Column } from './Table.tsx';

/** What a file has that would be too much for the page. */
export interface Fuller<Row> {
  readonly columns: readonly Column<Row>[];
  /** @returns these rows with all that the columns tell */
  readonly load: (rows: readonly Row[]) => Promise<readonly Row[]>;
}

export interface ExportProps<Row> {
  readonly name: string;
  readonly columns: readonly Column<Row>[];
  /** As they are sorted and filtered now. */
  readonly rows: () => readonly Row[];
  readonly fuller?: Fuller<Row> | undefined;
}

export function Export<Row>({ name, columns, rows, fuller }: ExportProps<Row>) {
  const [error, setError] = useState<unknown>();
  const download = async (): Promise<void> => {
    try {
      const all = [...columns, ...(fuller?.columns ?? [])];
      const full = await (fuller?.load(rows()) ?? rows());
      const text = csv(
        all.map((column) => column.name),
        full.map((row) => all.map(({ value }) => value(row))),
      );
      save(`${name.toLowerCase().replace(/[^a-z0-9]+/g, '-')}.csv`, new Blob([text], { type: 'text/csv' }));
      setError(undefined);
    } catch (failure) {
      setError(failure);
    }
  };
  return (
    <>
      <button type="button" className="button plain" onClick={() => void download()}>
        Export CSV
      </button>
      {error !== undefined && <Failed error={error} />}
    </>
  );
}
