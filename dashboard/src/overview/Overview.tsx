/** How the mesh does, at one look: what is wrong first, and where to read on. */
import { ChangeList } from '../changes/ChangeList.tsx';
import { Page, Panel } from '../kit/parts.tsx';
import { useShared, useSpan } from '../shell/time.ts';
import { Alerts } from './Alerts.tsx';
import { Connections } from './Connections.tsx';
import { ControlPlane } from './ControlPlane.tsx';
import { Failing } from './Failing.tsx';
import { Namespaces } from './Namespaces.tsx';
import { Objectives } from './Objectives.tsx';
import { Security } from './Security.tsx';
import { Traffic } from './Traffic.tsx';

export const Overview = () => {
  const { ns } = useShared();
  const { from, to } = useSpan();
  return (
    <Page
      title={ns ? `Overview of ${ns}` : 'Overview'}
      command={
        ns
          ? `npx weft stat service -n ${ns}`
          : 'npx weft stat mesh && npx weft stat namespace && npx weft alerts && npx weft slo && npx weft status'
      }
      call="/signals?of=mesh"
    >
      <Traffic />
      <div className="board">
        <Alerts />
        <Objectives />
        <Panel title="What changed">
          <ChangeList around={{ from, to, namespace: ns }} shown={8} />
        </Panel>
        <Failing />
        {!ns && <Namespaces />}
        <Connections />
        <Security />
        <ControlPlane />
      </div>
    </Page>
  );
};
