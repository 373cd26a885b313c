import { Refusal, type Routes } from './routes.ts';

interface PodPath {
  readonly namespace: string;
  readonly name: string;
}

export const workloadRoutes: Routes = (server, { desired, agent }) => {
  server.get('/workloads', { config: { role: 'viewer' } }, () => {
    const { workloads, view } = desired.node();
    return { items: workloads, cluster: view.clusterId };
  });

  server.post<{ Params: PodPath }>(
    '/workloads/:namespace/:name/restart',
    { config: { role: 'operator', audit: 'restart' } },
    async ({ params: { namespace, name } }) => {
      const found = desired.node().workloads.find((workload) => workload.namespace === namespace && workload.name === name);
      const restarted = found && (await desired.call('restart', { kind: found.kind, namespace, name }));
      if (!restarted) throw new Refusal(404, `there is no workload ${namespace}/${name}`);
      return {};
    },
  );

  server.get<{ Params: PodPath }>('/pods/:namespace/:name/logs', { config: { role: 'operator' } }, async ({ params, url }, reply) => {
    const query = url.includes('?') ? url.slice(url.indexOf('?')) : '';
    const answer = await agent.get(`/pods/${encodeURIComponent(params.namespace)}/${encodeURIComponent(params.name)}/logs${query}`);
    reply.raw.on('close', () => answer.destroy());
    return reply
      .code(answer.statusCode ?? 502)
      .type(answer.headers['content-type'] ?? 'text/plain; charset=utf-8')
      .send(answer);
  });
};
