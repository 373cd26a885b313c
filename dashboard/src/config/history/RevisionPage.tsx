/** One revision: what it changed, and taking it back. */
import { useNavigate, useParams } from '@tanstack/react-router';
import type { RevisionDetails } from '@weft/model';
import { useAsk } from '../../api/ask.ts';
import { Figure, Page, Panel } from '../../kit/parts.tsx';
import { Answer } from '../../kit/states.tsx';
import { moment } from '../../kit/words.ts';
import { Undo } from '../change/Undo.tsx';
import { Tabs } from '../Tabs.tsx';
import { Differences } from './Differences.tsx';

export const RevisionPage = () => {
  const { revision = '' } = useParams({ strict: false }) as Readonly<Record<string, string>>;
  const navigate = useNavigate();
  const path = `/history/${encodeURIComponent(revision)}`;
  const details = useAsk<RevisionDetails>({ path, topics: [] });
  return (
    <Page
      title={`Revision ${revision}`}
      command={`npx weft history ${revision}`}
      call={path}
      tools={details.data && <Undo revision={details.data.revision} onDone={() => void navigate({ to: '/history' })} />}
    >
      <Tabs />
      <Answer of={details} loading="Asking for the revision">
        {({ at, by, source, undoes, counts, changes }) => (
          <>
            <Panel title="What it was">
              <dl className="figures">
                <Figure name="When">{moment(at)}</Figure>
                <Figure name="Who">{by ?? (source === 'file' ? 'a file' : 'the API')}</Figure>
                {undoes !== undefined && <Figure name="Undoes">revision {undoes}</Figure>}
                <Figure name="Created">{counts.created}</Figure>
                <Figure name="Changed">{counts.configured}</Figure>
                <Figure name="Deleted">{counts.deleted}</Figure>
              </dl>
            </Panel>
            <Panel title="What it changed">
              <Differences changes={changes} />
            </Panel>
          </>
        )}
      </Answer>
    </Page>
  );
};
