/** Shapes of the main answers, as JSON Schema; those of observations are TypeScript: `model/src` and `signals/src`. */
import { roles } from '@weft/model';
import { Type } from 'typebox';

const text = Type.String();
const time = Type.Integer({ description: 'Unix milliseconds' });
const open = { additionalProperties: true };
const anything = Type.Object({}, open);
const maybe = Type.Optional;

const list = <Item extends Parameters<typeof Type.Array>[0]>(item: Item) => Type.Object({ items: Type.Array(item) }, open);

const role = Type.Enum([...roles]);
const ref = Type.Object({ kind: text, namespace: text, name: text }, open);

const finding = Type.Object(
  {
    code: text,
    severity: Type.Enum(['error', 'warning', 'info']),
    message: text,
    help: maybe(text),
    resource: maybe(ref),
    path: maybe(text),
  },
  open,
);

export const errorShape = Type.Object({ error: text, findings: maybe(Type.Array(finding)) });

const resource = Type.Object({ apiVersion: text, kind: text, metadata: anything, spec: Type.Any(), origin: anything, hash: text }, open);

const object = Type.Object(
  { resource, revision: Type.Integer(), findings: Type.Array(finding), conditions: maybe(Type.Array(anything)) },
  open,
);

const applied = Type.Object(
  {
    revision: Type.Integer(),
    items: Type.Array(Type.Object({ ref, action: Type.Enum(['created', 'configured', 'unchanged', 'deleted', 'refused']) }, open)),
    findings: Type.Array(finding),
  },
  open,
);

const counts = Type.Object({ workloads: Type.Integer(), proxies: Type.Integer(), identities: Type.Integer() }, open);

const status = Type.Object(
  {
    ready: Type.Boolean(),
    revision: Type.Integer(),
    addresses: Type.Object({ gateway: text, api: text, console: text, prometheus: text }, open),
    counts,
    pods: Type.Object({ desired: Type.Integer(), ready: Type.Integer() }, open),
    version: text,
  },
  open,
);

const method = Type.Object({ kind: Type.Enum(['link', 'token', 'oidc']), title: text, start: maybe(text) }, open);

const session = Type.Object({ user: text, role, how: text, csrf: maybe(text), expires: maybe(time), methods: Type.Array(method) }, open);

const token = Type.Object({ name: text, role, created: time, by: text, expires: maybe(time), expired: Type.Boolean() }, open);

const change = Type.Object({ ref, action: text, before: maybe(text), after: maybe(text) }, open);

const entry = Type.Object(
  {
    id: Type.Integer(),
    at: time,
    by: Type.Object({ user: text, how: text, role: maybe(role), address: maybe(text) }, open),
    action: text,
    about: text,
    result: Type.Enum(['done', 'refused']),
    reason: maybe(text),
    revision: maybe(Type.Integer()),
    changes: maybe(Type.Array(change)),
  },
  open,
);

const revision = Type.Object(
  { revision: Type.Integer(), at: time, source: text, by: maybe(text), counts: anything, changes: Type.Array(change) },
  open,
);

const proxy = Type.Object(
  {
    name: text,
    namespace: text,
    identity: text,
    connected: Type.Boolean(),
    inStep: Type.Boolean(),
    restartNeeded: Type.Boolean(),
    types: anything,
  },
  open,
);

const workload = Type.Object(
  {
    kind: text,
    namespace: text,
    name: text,
    desired: Type.Integer(),
    ready: Type.Integer(),
    pods: Type.Array(anything),
    restartNeeded: Type.Boolean(),
  },
  open,
);

const silence = Type.Object({ id: text, matchers: Type.Array(anything), from: time, to: time, by: text, comment: text }, open);

export const shapes = {
  ...{ anything, text, status, object, applied, session, token, entry, revision, silence },
  nothing: Type.Object({}),
  link: Type.Object({ url: text, role, expires: time }, open),
  newToken: Type.Object({ ...token.properties, token: text }, open),
  objects: list(object),
  findings: list(finding),
  proxies: list(proxy),
  workloads: list(workload),
  tokens: list(token),
  entries: list(entry),
  revisions: Type.Object({ items: Type.Array(revision), more: Type.Boolean() }, open),
  silences: list(silence),
  many: list(anything),
  waited: Type.Object({ applied: Type.Boolean(), revision: Type.Integer(), pending: Type.Array(text) }, open),
} as const;
