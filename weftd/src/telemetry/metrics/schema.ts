/** The tables that measurements are kept in. Times are the starts of steps, in Unix milliseconds. */
export const migrations: readonly string[] = [
  `
  -- Series: a set of labels is written once, whichever metrics have it.
  CREATE TABLE labels (id INTEGER PRIMARY KEY, json TEXT NOT NULL) STRICT;
  CREATE TABLE shard (
    id INTEGER PRIMARY KEY, view TEXT NOT NULL, metric TEXT NOT NULL, kind TEXT NOT NULL, bounds TEXT NOT NULL
  ) STRICT;
  CREATE TABLE series (
    shard INTEGER NOT NULL, slot INTEGER NOT NULL, labels INTEGER NOT NULL, PRIMARY KEY (shard, slot)
  ) STRICT, WITHOUT ROWID;

  -- What a shard's series measured in one step. It is appended: rows for each series would touch every page of the file each time.
  CREATE TABLE chunk (step INTEGER NOT NULL, at INTEGER NOT NULL, shard INTEGER NOT NULL, bytes BLOB NOT NULL) STRICT;
  CREATE UNIQUE INDEX chunk_of ON chunk (step, shard, at);

  -- Steps of which there is something, and whether somebody looked in them: of others there is what was spread over them.
  CREATE TABLE look (step INTEGER NOT NULL, at INTEGER NOT NULL, looked INTEGER NOT NULL, PRIMARY KEY (step, at)) STRICT, WITHOUT ROWID;

  -- Up to where steps were summed up of shorter ones, and from where on they are kept.
  CREATE TABLE tier (step INTEGER PRIMARY KEY, summed INTEGER NOT NULL, kept INTEGER NOT NULL) STRICT;

  -- What proxies' counters stood at. Their series are called as they call them; each text is written once.
  CREATE TABLE text (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT;
  CREATE TABLE target (name TEXT PRIMARY KEY, at INTEGER NOT NULL, started INTEGER NOT NULL, bytes BLOB NOT NULL) STRICT, WITHOUT ROWID;
  `,
  `
  -- Who talked to whom in each minute, and which revision of the configuration was in force at its end; and the same summed up to longer steps.
  CREATE TABLE edge (id INTEGER PRIMARY KEY, labels TEXT NOT NULL UNIQUE, last INTEGER NOT NULL) STRICT;
  CREATE TABLE topology (
    step INTEGER NOT NULL, at INTEGER NOT NULL, revision INTEGER NOT NULL, size INTEGER NOT NULL, bounds TEXT NOT NULL, bytes BLOB NOT NULL
  ) STRICT;
  CREATE INDEX topology_of ON topology (step, at, revision, size);

  -- Where an edge that came back was not seen since: the past knows it as gone.
  CREATE TABLE absence (edge INTEGER NOT NULL, last INTEGER NOT NULL, back INTEGER NOT NULL, PRIMARY KEY (last, edge)) STRICT, WITHOUT ROWID;
  `,
  `
  -- When proxies were first watched: one weftd may be killed before it has read any.
  CREATE TABLE watch (since INTEGER NOT NULL) STRICT;
  `,
];
