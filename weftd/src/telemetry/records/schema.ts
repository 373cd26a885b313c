/**
 * Tables of records. They come in parts of some hundred thousand, so that the oldest are forgotten by dropping tables, and the newest, which
 * have no indexes yet, are looked through in no time.
 * The parties of a part (few, since certificates of the mesh name them) stand in a table beside it, and records refer to them by number.
 */

/** One more than `latencyBounds` has: a file is as it was written, whatever bounds there will be. */
const routeBuckets = Array.from({ length: 20 }, (_, index) => `b${index}`);

const serviceOfRoute = `json_extract(labels, '$.destination_service')`;

export const migrations: readonly string[] = [
  `
  CREATE TABLE parts (
    part INTEGER PRIMARY KEY, day INTEGER NOT NULL,
    -- Of the records in it, in Unix milliseconds; 0 while it is empty.
    first INTEGER NOT NULL, last INTEGER NOT NULL,
    -- Pages of the file that its records took while it was filled.
    pages INTEGER NOT NULL,
    -- How many of its indexes there are.
    indexes INTEGER NOT NULL
  ) STRICT;

  -- How far each proxy's file was taken: what comes again is known by it.
  CREATE TABLE positions (file TEXT PRIMARY KEY, position INTEGER NOT NULL, at INTEGER NOT NULL) STRICT;

  -- What was not kept, by reason, since ever.
  CREATE TABLE losses (reason TEXT PRIMARY KEY, count INTEGER NOT NULL) STRICT;
  `,
  `
  -- Who came to which port in which hour, and by what the connection was protected.
  CREATE TABLE arrivals (
    hour INTEGER NOT NULL, namespace TEXT NOT NULL, workload TEXT NOT NULL, port INTEGER NOT NULL, protection TEXT NOT NULL,
    principal TEXT NOT NULL, source_namespace TEXT NOT NULL, source_workload TEXT NOT NULL, address TEXT NOT NULL,
    count INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,
    PRIMARY KEY (hour, namespace, workload, port, protection, principal, source_namespace, source_workload, address)
  ) STRICT, WITHOUT ROWID;
  `,
  `
  -- Requests of each route: label sets as JSON, and how many lasted how long, by the bounds that durations are counted in.
  CREATE TABLE route_labels (id INTEGER PRIMARY KEY, labels TEXT NOT NULL UNIQUE) STRICT;
  CREATE TABLE route_counts (
    step INTEGER NOT NULL, at INTEGER NOT NULL, labels INTEGER NOT NULL, sum REAL NOT NULL,
    ${routeBuckets.map((bucket) => `${bucket} INTEGER NOT NULL`).join(', ')},
    PRIMARY KEY (step, at, labels)
  ) STRICT, WITHOUT ROWID;
  `,
  `
  -- The same by service, since a question is about one of them as a rule.
  CREATE TABLE route_services (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
  INSERT INTO route_services (name) SELECT DISTINCT ${serviceOfRoute} FROM route_labels;
  ALTER TABLE route_labels ADD COLUMN service INTEGER NOT NULL DEFAULT 0;
  UPDATE route_labels SET service = (SELECT id FROM route_services WHERE name = ${serviceOfRoute});
  -- The last hour in which something was counted under it.
  ALTER TABLE route_labels ADD COLUMN last INTEGER NOT NULL DEFAULT 0;
  UPDATE route_labels SET last = (SELECT coalesce(max(at), 0) FROM route_counts);
  ALTER TABLE route_counts RENAME TO route_counts_before;
  CREATE TABLE route_counts (
    step INTEGER NOT NULL, service INTEGER NOT NULL, at INTEGER NOT NULL, labels INTEGER NOT NULL, sum REAL NOT NULL,
    ${routeBuckets.map((bucket) => `${bucket} INTEGER NOT NULL`).join(', ')},
    PRIMARY KEY (step, service, at, labels)
  ) STRICT, WITHOUT ROWID;
  INSERT INTO route_counts SELECT step, service, at, route_labels.id, sum, ${routeBuckets.join(', ')}
    FROM route_counts_before JOIN route_labels ON route_labels.id = route_counts_before.labels;
  DROP TABLE route_counts_before;
  `,
  `
  -- What rules led and decided, by their place.
  CREATE TABLE uses (
    step INTEGER NOT NULL, at INTEGER NOT NULL, kind TEXT NOT NULL, object TEXT NOT NULL, place TEXT NOT NULL, route TEXT NOT NULL,
    cluster TEXT NOT NULL, count INTEGER NOT NULL, failed INTEGER NOT NULL, received INTEGER NOT NULL, sent INTEGER NOT NULL,
    PRIMARY KEY (step, at, kind, object, place, route, cluster)
  ) STRICT, WITHOUT ROWID;
  `,
];

export const partyColumns = ['principal', 'namespace', 'workload', 'app', 'version', 'cluster', 'service'] as const;

/**
 * What is said of a request or connection beside its numbers (status, route, certificate, verdict) is mostly what was said of thousands before
 * it: its `shape`, JSON, has a number too. `client` is null where it is the peer.
 */
export const recordColumns = [
  'id',
  'at',
  'side',
  'source',
  'destination',
  'shape',
  'peer',
  'peer_port',
  'client',
  'server',
  'server_port',
  'host',
  'path',
  'denied',
  'mtls',
  'ms',
  'received',
  'sent',
  'denial',
  'request',
  'trace',
] as const;

export const createPart = (part: number): string => `
  CREATE TABLE parties_${part} (
    id INTEGER PRIMARY KEY, ${partyColumns.map((column) => `${column} TEXT NOT NULL`).join(', ')},
    UNIQUE (${partyColumns.join(', ')})
  ) STRICT;
  CREATE TABLE shapes_${part} (id INTEGER PRIMARY KEY, shape TEXT NOT NULL UNIQUE) STRICT;
  CREATE TABLE records_${part} (
    id INTEGER PRIMARY KEY, at INTEGER NOT NULL, side INTEGER NOT NULL,
    source INTEGER NOT NULL, destination INTEGER NOT NULL, shape INTEGER NOT NULL,
    peer TEXT NOT NULL, peer_port INTEGER, client TEXT, server TEXT NOT NULL, server_port INTEGER,
    host TEXT, path TEXT, denied INTEGER NOT NULL, mtls INTEGER NOT NULL,
    ms INTEGER NOT NULL, received INTEGER NOT NULL, sent INTEGER NOT NULL,
    denial TEXT, request TEXT, trace TEXT
  ) STRICT;
  CREATE INDEX at_${part} ON records_${part} (at);
`;

/**
 * What a part is searched by once it is full. To sort a hundred thousand records takes some ten milliseconds for each of these; to put them in one by one
 * touches as many pages as there are records, and is most of what they cost.
 */
export const partIndexes = (part: number): readonly string[] => [
  `CREATE INDEX source_${part} ON records_${part} (source, at)`,
  `CREATE INDEX destination_${part} ON records_${part} (destination, at)`,
  `CREATE INDEX peer_${part} ON records_${part} (peer, at)`,
  `CREATE INDEX client_${part} ON records_${part} (client, at) WHERE client IS NOT NULL`,
  `CREATE INDEX server_${part} ON records_${part} (server, at)`,
  `CREATE INDEX denied_${part} ON records_${part} (at) WHERE denied = 1`,
  `CREATE INDEX denial_${part} ON records_${part} (denial) WHERE denial IS NOT NULL`,
  `CREATE INDEX path_${part} ON records_${part} (substr(path, 1, 24), at) WHERE path IS NOT NULL`,
  `CREATE INDEX request_${part} ON records_${part} (substr(request, 1, 8)) WHERE request IS NOT NULL`,
];

export const dropPart = (part: number): string => ['records', 'parties', 'shapes'].map((name) => `DROP TABLE ${name}_${part};`).join(' ');
