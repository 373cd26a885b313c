/** What each endpoint is for, what it is asked by, and what it answers: for the OpenAPI document. A test finds those that are missing. */
import { shapes } from './shapes.ts';

export { errorShape } from './shapes.ts';

export interface Described {
  readonly summary: string;
  /** Names of what stands behind the question mark; those with `!` must. */
  readonly query?: string;
  readonly answer: { readonly description: string; readonly schema: object };
  /** Of the answer, where it is not JSON. */
  readonly type?: string;
  /** Where it is not 200. */
  readonly status?: number;
}

type Shape = keyof typeof shapes;

const as = (shape: Shape, description: string): Described['answer'] => ({ description, schema: shapes[shape] });

const json = (summary: string, [shape, description]: readonly [Shape, string], query?: string): Described => ({
  summary,
  answer: as(shape, description),
  ...(query !== undefined && { query }),
});

const plain = (summary: string, type: string, query?: string): Described => ({ ...json(summary, ['text', 'text'], query), type });

const byRecord = 'principal from to workload address path denied failed mtls side since until denial request after limit';
const byTrace = 'namespace from to minDuration maxDuration limit';

export const descriptions: Readonly<Record<string, Described>> = {
  'GET /openapi.json': json('this document', ['anything', 'OpenAPI 3.1']),
  'GET /session': json('who is logged in; 401 tells how one logs in', ['session', 'the session']),
  'POST /login': json('opens a session by a link’s ticket or a token', ['session', 'and a cookie']),
  'GET /login/oidc': { ...plain('leads to the provider', 'text/plain', 'next'), status: 303 },
  'GET /login/oidc/callback': {
    ...plain('where the provider leads back to: opens a session', 'text/plain', 'code state iss error error_description'),
    status: 303,
  },
  'POST /login/links': json('makes a link for one login', ['link', 'the link']),
  'POST /logout': json('ends the session', ['nothing', 'it is over']),
  'GET /access/tokens': json('tokens by name', ['tokens', 'none of them itself']),
  'POST /access/tokens': json('makes a token', ['newToken', 'told this once']),
  'DELETE /access/tokens/:name': json('revokes a token, and ends what it opened', ['nothing', 'it is over']),
  'GET /audit': json(
    'who did what, the newest first',
    ['entries', 'entries'],
    'from to user action result about namespace before limit changes',
  ),
  'GET /audit/:id': json('one entry, with objects before and after', ['entry', 'the entry']),
  'GET /status': json('whether all is there, and where', ['status', 'Status']),
  'GET /resources/:kind': json('objects of a kind', ['objects', 'objects'], 'namespace name programmed revision'),
  'GET /resources/:kind/:namespace/:name': json('one object; `-` for the namespace of cluster-wide kinds', ['object', 'it'], 'revision'),
  'POST /apply': json('creates or changes objects', ['applied', 'what became of each']),
  'POST /delete': json('deletes objects', ['applied', 'what became of each']),
  'GET /findings': json('all that is wrong now', ['findings', 'findings']),
  'GET /history': json('revisions, the newest first', ['revisions', 'History'], 'from to kind namespace name before limit'),
  'GET /history/:revision': json('what one changed', ['revision', 'RevisionDetails']),
  'GET /diff': json('how the objects of two revisions differ', ['anything', 'RevisionDifference'], 'from! to'),
  'POST /undo': json('takes a revision back', ['applied', 'UndoResult']),
  'GET /changes': json('what changed around a moment', ['many', 'MeshChanges'], 'from to namespace service limit'),
  'POST /preview': json('what a change would do; changes nothing', ['anything', 'Preview']),
  'GET /resources': json('objects of all kinds', ['many', 'objects'], 'namespace revision'),
  'GET /schemas/:kind': json('the form of a kind, and what its fields mean', ['anything', 'KindSchema']),
  'GET /traffic': json('what of routes is used', ['anything', 'TrafficUse'], 'from to namespace'),
  'GET /access-matrix': json('who may call whom, against who does', ['anything', 'AccessMatrix'], 'from to namespace'),
  'GET /certificates': json('which certificates there are, and which expires first', ['anything', 'Certificates']),
  'GET /proxies': json('proxies: identity, what they have, the last NACK', ['proxies', 'proxies']),
  'GET /proxies/:namespace/:name/config': json('an Envoy’s configuration, without keys', ['anything', 'ProxyConfig'], 'live'),
  'GET /proxies/:namespace/:name/log-level': json('how much a proxy logs', ['anything', 'ProxyLogLevel']),
  'POST /proxies/:namespace/:name/log-level': json('sets it, until the proxy is started again', ['anything', 'ProxyLogLevel']),
  'GET /proxies/:namespace/:name/metrics': plain('one proxy’s metrics', 'text/plain'),
  'GET /metrics': plain('the mesh’s metrics as one scrape', 'text/plain'),
  'GET /signals': json('golden signals', ['anything', 'SignalsAnswer'], 'of! from to step where'),
  'GET /series': json('any metric over time', ['anything', 'SeriesAnswer'], 'metric! by seenBy from to step where'),
  'GET /services': json('services, and what stands behind each', ['many', 'services']),
  'GET /services/:namespace/:name': json('one, with the objects that have a say about it', ['anything', 'ServiceDetails']),
  'GET /edges': json('who calls whom', ['anything', 'Topology'], 'from to namespace node mtls'),
  'GET /records': json('access records, the newest first', ['many', 'records'], byRecord),
  'GET /records/follow': plain('access records as they come, one in a line', 'application/x-ndjson', byRecord),
  'GET /records/state': json('how many records are kept', ['anything', 'RecordsState']),
  'GET /top': json('what is asked most', ['anything', 'Top'], byRecord),
  'GET /why/:id': json('why a request became what it became', ['anything', 'Why']),
  'GET /mtls': json('who came by what', ['anything', 'MtlsReport'], 'namespace windowMs'),
  'GET /mtls/strict/:namespace': json('what STRICT would do', ['anything', 'StrictPlan'], 'windowMs'),
  'GET /traces': json('traces, the newest first', ['many', 'traces'], `service failed ${byTrace}`),
  'GET /traces/:id': json('one trace', ['anything', 'Trace']),
  'GET /exemplars': json('traces of slow requests', ['many', 'exemplars'], `service! ${byTrace}`),
  'GET /slos': json('objectives and their budgets', ['many', 'objectives'], 'namespace name'),
  'GET /slos/:namespace/:name/progress': json('how one objective did, step by step', ['anything', 'ObjectiveProgress'], 'from to step'),
  'GET /alerts': json('alerts, and how telling goes', ['anything', 'AlertsStatus']),
  'POST /receivers/test': json('tells a receiver of an alert that is none', ['anything', 'ReceiverTest']),
  'GET /silences': json('who is told nothing of what', ['silences', 'silences']),
  'POST /silences': json('silences alerts', ['silence', 'SilenceStatus']),
  'DELETE /silences/:id': json('ends a silence', ['nothing', 'it is over']),
  'GET /stream': plain('what changes, as Server-Sent Events', 'text/event-stream', 'topics'),
  'GET /wait': json('waits for proxies', ['waited', 'WaitResult'], 'timeoutMs for kind namespace name'),
  'GET /explain': json('which way a request takes', ['anything', 'Journey'], 'from request!'),
  'GET /workloads': json('workloads with their pods', ['workloads', 'workloads']),
  'POST /workloads/:namespace/:name/restart': json('replaces the pods of a workload', ['nothing', 'it began']),
  'GET /pods/:namespace/:name/logs': plain('what a container wrote', 'text/plain', 'container follow tail'),
};
