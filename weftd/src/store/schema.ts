/**
 * The store's tables, as a list of steps: a database at version n (`user_version`) gets every step after n, in one
 * transaction. A step is never edited once it was released; a change is a new step.
 */
export const migrations: readonly string[] = [
  `
  CREATE TABLE counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;
  INSERT INTO counter VALUES ('revision', 0);

  -- Desired state: the last good version of each object.
  CREATE TABLE objects (
    kind TEXT NOT NULL, namespace TEXT NOT NULL, name TEXT NOT NULL,
    revision INTEGER NOT NULL, resource TEXT NOT NULL, findings TEXT NOT NULL,
    PRIMARY KEY (kind, namespace, name)
  ) STRICT;

  -- What each revision did; resource is null where it deleted the object.
  CREATE TABLE history (
    revision INTEGER NOT NULL, at INTEGER NOT NULL,
    kind TEXT NOT NULL, namespace TEXT NOT NULL, name TEXT NOT NULL, resource TEXT,
    PRIMARY KEY (revision, kind, namespace, name)
  ) STRICT;
  CREATE INDEX history_by_age ON history (at);
  CREATE INDEX history_by_object ON history (kind, namespace, name, revision);

  -- Observed state: what the agent said last, and which start of it said so.
  CREATE TABLE node (id INTEGER PRIMARY KEY CHECK (id = 1), boot TEXT NOT NULL, socket TEXT NOT NULL) STRICT;
  CREATE TABLE reports (uid TEXT PRIMARY KEY, report TEXT NOT NULL) STRICT;

  -- Decisions that must not be taken twice: instances, restarts asked for, virtual addresses.
  CREATE TABLE instances (uid TEXT PRIMARY KEY, instance TEXT NOT NULL) STRICT;
  CREATE TABLE restarts (
    kind TEXT NOT NULL, namespace TEXT NOT NULL, name TEXT NOT NULL, at INTEGER NOT NULL,
    PRIMARY KEY (kind, namespace, name)
  ) STRICT;
  CREATE TABLE addresses (owner TEXT PRIMARY KEY, address TEXT NOT NULL UNIQUE) STRICT;
  `,
  `
  -- What callers of each instance were told to do, while its mode of mutual TLS changes and after.
  CREATE TABLE callers (uid TEXT PRIMARY KEY, callers TEXT NOT NULL) STRICT;
  `,
  `
  -- The last good keys of issuers, by their source; fetched in Unix milliseconds.
  CREATE TABLE keys (source TEXT PRIMARY KEY, keys TEXT NOT NULL, fetched INTEGER NOT NULL) STRICT;
  `,
  `
  -- CUSTOM policies that proxies were told; withdrawn_from is null while they are wanted.
  CREATE TABLE told_policies (hash TEXT PRIMARY KEY, policy TEXT NOT NULL, withdrawn_from TEXT) STRICT;
  `,
  `
  -- How often policies of a workload became narrower, and of each object that was written since that was last judged
  -- what it was then; null: it was not there.
  CREATE TABLE narrowed (workload TEXT PRIMARY KEY, ports TEXT NOT NULL) STRICT;
  CREATE TABLE unjudged (
    kind TEXT NOT NULL, namespace TEXT NOT NULL, name TEXT NOT NULL, resource TEXT,
    PRIMARY KEY (kind, namespace, name)
  ) STRICT;
  `,
  `
  -- Logins of browsers, by proof of their secrets.
  CREATE TABLE sessions (proof TEXT PRIMARY KEY, session TEXT NOT NULL) STRICT;
  `,
  `
  -- Who made each revision, and which one it takes back.
  CREATE TABLE revisions (revision INTEGER PRIMARY KEY, source TEXT NOT NULL, author TEXT, undoes INTEGER) STRICT;
  `,
  `
  -- Tokens of the API, with proofs instead of themselves.
  CREATE TABLE access_tokens (name TEXT PRIMARY KEY, token TEXT NOT NULL) STRICT;
  -- Who did what; reason is null where it was done. Numbers are never given twice.
  CREATE TABLE audit (
    id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, user TEXT NOT NULL, author TEXT NOT NULL,
    action TEXT NOT NULL, about TEXT NOT NULL, reason TEXT, revision INTEGER
  ) STRICT;
  CREATE INDEX audit_by_age ON audit (at);
  CREATE INDEX audit_by_user ON audit (user, id);
  `,
];
