import { type SignalSubject, signalSubjects } from '@weft/model';
import type { Where } from '@weft/signals';
import { sendJson } from './json.ts';
import { numberIn, onlyThese, type Query, spanIn, textIn } from './query.ts';
import { Refusal, type Routes } from './routes.ts';

const tenMinutes = 600_000;

const subjectIn = (query: Query): SignalSubject => {
  const asked = textIn(query, 'of');
  const subject = signalSubjects.find((one) => one === asked);
  if (!subject) throw new Refusal(400, `of must be one of ${signalSubjects.join(', ')}`);
  return subject;
};

/** `where=destination_workload=web`, and again for other labels and values. */
const whereIn = (query: Query): Where => {
  const pairs = [query.where ?? []].flat().map((text) => {
    const [, label = '', value = ''] = /^([a-z_]\w*)=(.*)$/.exec(text) ?? [];
    if (label === '') throw new Refusal(400, 'where must be label=value');
    return { label, value };
  });
  const byLabel = Map.groupBy(pairs, ({ label }) => label);
  return Object.fromEntries([...byLabel].map(([label, same]) => [label, same.map(({ value }) => value)]));
};

export const signalRoutes: Routes = (server, { goldenSignals }) => {
  server.get<{ Querystring: Query }>('/signals', { config: { role: 'viewer' } }, async ({ query }, reply) => {
    onlyThese(query, 'of', 'where', 'step', 'to', 'from');
    const step = numberIn(query, 'step');
    const search = { of: subjectIn(query), ...spanIn(query, tenMinutes), where: whereIn(query), ...(step !== undefined && { step }) };
    const found = await goldenSignals(search).catch((error: Error) => {
      // Steps so short that nobody could draw them.
      throw error instanceof RangeError ? new Refusal(400, error.message) : error;
    });
    return sendJson(reply, found);
  });
};
