/** How the mesh does, at one look. */
import type { Status } from '@weft/model';
import { useAsk } from '../api/ask.ts';
import { Figure, Page, Panel } from '../kit/parts.tsx';
import { Answer } from '../kit/states.tsx';

export const Overview = () => {
  const status = useAsk<Status>({ path: '/status', topics: ['status', 'workloads'] });
  return (
    <Page title="Overview" command="npx weft status" call="/status">
      <Panel title="Control plane">
        <Answer of={status} loading="Asking the control plane">
          {({ ready, revision, pods, counts, version }) => (
            <dl className="figures">
              <Figure name="State" tone={ready ? 'good' : 'warn'}>
                {ready ? 'ready' : 'starting'}
              </Figure>
              <Figure name="Pods ready">
                {pods.ready} of {pods.desired}
              </Figure>
              <Figure name="Proxies">{counts.proxies}</Figure>
              <Figure name="Identities">{counts.identities}</Figure>
              <Figure name="Revision">{revision}</Figure>
              <Figure name="Version">{version}</Figure>
            </dl>
          )}
        </Answer>
      </Panel>
    </Page>
  );
};
