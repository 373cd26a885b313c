/** Objectives, alerts and silences (shapes: `model/src/alerting.ts`). */
import { readRegex, type SilenceRequest } from '@weft/model';
import { Type } from 'typebox';
import { numberIn, onlyThese, type Query, spanIn } from './query.ts';
import { Refusal, type Routes } from './routes.ts';

const matcher = Type.Object(
  {
    name: Type.String({ minLength: 1, maxLength: 253 }),
    matchType: Type.Optional(Type.Union([Type.Literal('='), Type.Literal('!='), Type.Literal('=~'), Type.Literal('!~')])),
    value: Type.String({ maxLength: 1024 }),
  },
  { additionalProperties: false },
);

const silenceRequest = Type.Object(
  {
    matchers: Type.Array(matcher, { minItems: 1, maxItems: 100 }),
    from: Type.Optional(Type.Integer({ minimum: 0 })),
    to: Type.Integer({ minimum: 0 }),
    by: Type.String({ minLength: 1, maxLength: 253 }),
    comment: Type.String({ maxLength: 1050 }),
  },
  { additionalProperties: false },
);

const receiverName = Type.Object({ name: Type.String({ minLength: 1, maxLength: 600 }) }, { additionalProperties: false });

const minute = 60_000;
const hour = 60 * minute;
const mostSteps = 500;

interface ObjectiveQuery {
  readonly namespace?: string;
  readonly name?: string;
}

export const alertRoutes: Routes = (server, { alerts }) => {
  server.get<{ Querystring: ObjectiveQuery }>('/slos', { config: { role: 'viewer' } }, async ({ query }) => {
    onlyThese(query, 'namespace', 'name');
    const { namespace, name } = query;
    const all = await alerts.call('objectives');
    return {
      items: all.filter((one) => (namespace === undefined || one.namespace === namespace) && (name === undefined || one.name === name)),
    };
  });
  server.get<{ Params: { namespace: string; name: string }; Querystring: Query }>(
    '/slos/:namespace/:name/progress',
    { config: { role: 'viewer' } },
    async ({ params: { namespace, name }, query }) => {
      onlyThese(query, 'from', 'to', 'step');
      const span = spanIn(query, hour);
      // More steps than anybody could draw are not counted one by one.
      const step = Math.max(numberIn(query, 'step') ?? minute, minute, (span.to - span.from) / mostSteps);
      const found = await alerts.call('progress', { namespace, name, ...span, step });
      if (!found) throw new Refusal(404, `there is no objective ${namespace}/${name}`);
      return found;
    },
  );
  server.get('/alerts', { config: { role: 'viewer' } }, () => alerts.call('alerts'));
  server.post<{ Body: { readonly name: string } }>(
    '/receivers/test',
    { config: { role: 'operator', audit: 'test-receiver' }, schema: { body: receiverName } },
    async (request) => {
      const { name } = request.body;
      request.about = name;
      const found = await alerts.call('test', name);
      if (!found) throw new Refusal(404, `there is no receiver ${name.slice(0, 200)}`);
      return found;
    },
  );
  server.get('/silences', { config: { role: 'viewer' } }, async () => ({ items: await alerts.call('silences') }));
  server.post<{ Body: SilenceRequest }>(
    '/silences',
    { config: { role: 'operator', audit: 'silence' }, schema: { body: silenceRequest } },
    async (request) => {
      const { body, caller } = request;
      request.about = body.matchers.map(({ name, matchType = '=', value }) => `${name}${matchType}${value}`).join(', ');
      const fault = silenceFault(body);
      if (fault) throw new Refusal(422, fault);
      // Who opens the socket may speak for others; who has logged in is who he is.
      return alerts.call('silence', caller && caller.how !== 'socket' ? { ...body, by: caller.user } : body);
    },
  );
  server.delete<{ Params: { id: string } }>(
    '/silences/:id',
    { config: { role: 'operator', audit: 'unsilence' } },
    async ({ params: { id } }) => {
      if (!(await alerts.call('unsilence', id))) throw new Refusal(404, `there is no silence ${id.slice(0, 80)}`);
      return {};
    },
  );
};

const longestSilence = 366 * 86_400_000;

/** What is silenced for ever, or over already, was not meant. */
const silenceFault = ({ matchers, from = Date.now(), to }: SilenceRequest): string | undefined => {
  if (to <= Math.max(from, Date.now())) return 'the silence ends before it begins, or has ended';
  if (to - Math.max(from, Date.now()) > longestSilence) return 'a silence lasts a year at most: what nobody ends is forgotten';
  const bad = matchers.find(({ matchType = '=', value }) => matchType.endsWith('~') && typeof readRegex(value) === 'string');
  return bad && `\`${bad.value.slice(0, 80)}\` is no regular expression`;
};
