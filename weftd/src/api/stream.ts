/** What changes, as it happens: Server-Sent Events, one connection for all topics. */
import { liveTopics } from '@weft/model';
import { readLive } from '../live/reader.ts';
import { onlyThese, type Query, textIn } from './query.ts';
import { Refusal, type Routes } from './routes.ts';

/** Each is a socket; a console has one. */
const mostReaders = 200;

const topicsIn = (query: Query): ReadonlySet<string> | undefined => {
  const text = textIn(query, 'topics');
  if (text === undefined || text === '') return undefined;
  const topics = text.split(',');
  const strange = topics.find((topic) => !liveTopics.some((one) => one === topic));
  if (strange !== undefined) throw new Refusal(400, `${strange.slice(0, 80)} is no topic: ${liveTopics.join(', ')} are`);
  return new Set(topics);
};

export const streamRoutes: Routes = (server, { live }) => {
  let readers = 0;
  server.get<{ Querystring: Query }>('/stream', { config: { role: 'viewer' } }, ({ query, headers }, reply) => {
    onlyThese(query, 'topics');
    const topics = topicsIn(query);
    if (readers >= mostReaders) throw new Refusal(503, `${mostReaders} read what changes already: close one of them`);
    const lastId = [headers['last-event-id'] ?? []].flat()[0];
    reply.hijack();
    const { raw } = reply;
    readers += 1;
    raw.once('close', () => {
      readers -= 1;
    });
    // A proxy in between that collects what comes would hold it back.
    raw.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-accel-buffering': 'no' });
    readLive(live, raw, { ...(topics && { topics }), ...(lastId !== undefined && { lastId }) });
  });
};
