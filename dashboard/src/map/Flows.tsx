/** Sums of what flows, as figures. */
import { Figure } from '../kit/parts.tsx';
import { bytes, count, duration, percent } from '../kit/words.ts';
import { type Flow, failedShare } from './scene.ts';
import { perSecond } from './words.ts';

export const Flows = ({ flow, p95 }: { readonly flow: Flow; readonly p95?: number | undefined }) => (
  <dl className="figures">
    <Figure name="Requests">{perSecond(flow.requestsPerSecond)}</Figure>
    <Figure name="Failed" tone={flow.failed > 0 ? 'bad' : 'plain'}>
      {flow.requests > 0 ? percent(failedShare(flow)) : '-'}
    </Figure>
    {p95 !== undefined && <Figure name="p95">{duration(p95)}</Figure>}
    <Figure name="Throughput">{bytes(flow.bytesPerSecond)}/s</Figure>
    {flow.connectionsOpened > 0 && <Figure name="Connections">{count(flow.connectionsOpened)}</Figure>}
  </dl>
);
