/** One service: how it does, who calls it, what decides about it. */
import { useParams } from '@tanstack/react-router';
import { Page } from '../kit/parts.tsx';
import { useWord } from '../kit/search.ts';
import { Tabs } from '../kit/Tabs.tsx';
import { useSetSearch } from '../shell/time.ts';
import { Signals } from '../signals/Signals.tsx';

const tabs = [{ id: 'signals', name: 'Signals' }];

export const Service = () => {
  const { namespace = '', name = '' } = useParams({ strict: false }) as { namespace?: string; name?: string };
  const chosen = useWord('tab') || 'signals';
  const set = useSetSearch();
  const where = { destination_service_name: name, destination_service_namespace: namespace };
  return (
    <Page
      title={`${namespace}/${name}`}
      command={`npx weft stat service/${name} -n ${namespace}`}
      call={`/signals?of=service&where=destination_service_name=${name}&where=destination_service_namespace=${namespace}`}
    >
      <Tabs name="About this service" tabs={tabs} chosen={chosen} onChoose={(tab) => set({ tab })}>
        <Signals where={where} seenBy="callers" />
      </Tabs>
    </Page>
  );
};
