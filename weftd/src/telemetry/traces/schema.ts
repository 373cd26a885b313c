/** Steps of the schema, as `store/schema.ts` has them. Times are Unix milliseconds with fractions; `received` is weftd's own clock. */
export const migrations: readonly string[] = [
  `
  CREATE TABLE traces (
    id BLOB PRIMARY KEY, received INTEGER NOT NULL,
    start REAL NOT NULL, finish REAL NOT NULL, spans INTEGER NOT NULL, failed INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX traces_by_age ON traces (received);
  CREATE INDEX traces_by_start ON traces (start);

  -- What is searched by stands in columns, the rest in \`more\`.
  CREATE TABLE spans (
    trace BLOB NOT NULL, id BLOB NOT NULL, parent BLOB,
    service TEXT NOT NULL, namespace TEXT NOT NULL, name TEXT NOT NULL, kind TEXT NOT NULL,
    start REAL NOT NULL, duration REAL NOT NULL, failed INTEGER NOT NULL, more TEXT NOT NULL,
    PRIMARY KEY (trace, id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX spans_by_service ON spans (service, start, duration, failed, kind, namespace);
  `,
  `
  -- All that is asked of traces as a whole, so that a day of them is looked through in the index; and who took part.
  DROP INDEX traces_by_start;
  CREATE INDEX traces_by_start ON traces (start, finish, failed);
  CREATE INDEX spans_by_namespace ON spans (namespace, start);
  `,
];
