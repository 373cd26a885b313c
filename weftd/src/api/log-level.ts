/** How much a proxy logs, asked and set while it runs. It has what it was started with again when it is started again. */
import { text } from 'node:stream/consumers';
import { type LogLevel, logLevels, type ProxyLogLevel } from '@weft/model';
import type { Agent } from './agent.ts';
import { Refusal, type Routes } from './routes.ts';

interface PodPath {
  readonly namespace: string;
  readonly name: string;
}

const isLevel = (word: unknown): word is LogLevel => logLevels.some((level) => level === word);

/** `  admin: warning`, a line for each of its loggers. */
const levelIn = (page: string): ProxyLogLevel => {
  const levels = new Set(page.split('\n').flatMap((line) => /^\s+[\w.]+: (\w+)$/.exec(line)?.[1] ?? []));
  const [only] = levels;
  return { level: levels.size === 1 && isLevel(only) ? only : 'mixed' };
};

const answerOf = async (agent: Agent, { namespace, name }: PodPath, level?: LogLevel): Promise<ProxyLogLevel> => {
  const path = `/pods/${encodeURIComponent(namespace)}/${encodeURIComponent(name)}/envoy/logging`;
  const answer = await (level === undefined ? agent.get(path) : agent.post(`${path}?level=${level}`));
  const page = await text(answer);
  if (answer.statusCode === 200) return levelIn(page);
  throw new Refusal(answer.statusCode === 404 ? 404 : 502, `the Envoy of ${namespace}/${name} does not answer: ${page.slice(0, 300)}`);
};

export const logLevelRoutes: Routes = (server, { agent }) => {
  server.get<{ Params: PodPath }>('/proxies/:namespace/:name/log-level', { config: { role: 'viewer' } }, ({ params }) =>
    answerOf(agent, params),
  );

  server.post<{ Params: PodPath; Body: { level?: unknown } | null }>(
    '/proxies/:namespace/:name/log-level',
    { config: { role: 'operator', audit: 'log-level' } },
    async (request) => {
      const { params, body } = request;
      const level = body?.level;
      if (!isLevel(level)) throw new Refusal(400, `level must be one of ${logLevels.join(', ')}`);
      request.about = `${params.namespace}/${params.name}: ${level}`;
      return answerOf(agent, params, level);
    },
  );
};
