/** One trace: who called whom, when, how long each took, and what it all waited for. */
import './traces.css';
import { useParams } from '@tanstack/react-router';
import type { Span, Trace } from '@weft/model';
import { criticalPath, waterfall } from '@weft/signals';
import { useMemo } from 'react';
import { useAsk } from '../api/ask.ts';
import { ForOperators } from '../kit/ForOperators.tsx';
import { Figure, Page, Panel } from '../kit/parts.tsx';
import { useWord } from '../kit/search.ts';
import { Answer } from '../kit/states.tsx';
import { duration, moment } from '../kit/words.ts';
import { useSetSearch } from '../shell/time.ts';
import { SpanDetails } from './SpanDetails.tsx';
import { Waterfall } from './Waterfall.tsx';

const Whole = ({ trace }: { readonly trace: Trace }) => {
  const chosen = useWord('span');
  const set = useSetSearch();
  const { at, duration: took, bars } = useMemo(() => waterfall(trace), [trace]);
  const path = useMemo(() => criticalPath(trace), [trace]);
  const failed = trace.spans.filter((span) => span.failed).length;
  const span: Span | undefined = trace.spans.find(({ id }) => id === chosen) ?? bars[0]?.span;
  return (
    <>
      <dl className="figures">
        <Figure name="Began">{moment(at)}</Figure>
        <Figure name="Took">{duration(took)}</Figure>
        <Figure name="Spans">{trace.spans.length}</Figure>
        <Figure name="Failed" tone={failed > 0 ? 'bad' : 'good'}>
          {failed}
        </Figure>
        <Figure name="Services">{new Set(trace.spans.map(({ service }) => service)).size}</Figure>
      </dl>
      <Panel title="Waterfall">
        <p className="soft">Coloured: what the whole waited for. Up and down go from span to span.</p>
        <Waterfall bars={bars} total={took} critical={path} chosen={span?.id} onChoose={(id) => set({ span: id })} />
      </Panel>
      {span && <SpanDetails span={span} began={at} />}
    </>
  );
};

const TheTrace = () => {
  const { trace: id } = useParams({ strict: false }) as { trace: string };
  const found = useAsk<Trace>({ path: `/traces/${id}`, topics: [] });
  return (
    <Page title={`Trace ${id}`} command={`npx weft trace ${id}`} call={`/traces/${id}`}>
      <Answer of={found} loading="Looking for the trace">
        {(trace) => <Whole trace={trace} />}
      </Answer>
    </Page>
  );
};

export const OneTrace = () => (
  <ForOperators what="Traces" title="Trace">
    <TheTrace />
  </ForOperators>
);
