/** How the mesh does, at one look: what is wrong first, and where to read on. */
import { Page } from '../kit/parts.tsx';
import { useShared } from '../shell/time.ts';
import { Alerts } from './Alerts.tsx';
import { ControlPlane } from './ControlPlane.tsx';
import { Failing } from './Failing.tsx';
import { Objectives } from './Objectives.tsx';
import { Security } from './Security.tsx';
import { Traffic } from './Traffic.tsx';

export const Overview = () => {
  const { ns } = useShared();
  return (
    <Page
      title={ns ? `Overview of ${ns}` : 'Overview'}
      command={ns ? `npx weft stat service -n ${ns}` : 'npx weft stat mesh && npx weft alerts && npx weft slo && npx weft status'}
      call="/signals?of=mesh"
    >
      <Traffic />
      <div className="grid">
        <Alerts />
        <Objectives />
        <Failing />
        <Security />
        <ControlPlane />
      </div>
    </Page>
  );
};
