/** One record: what both ends' proxies say of the request, and why it became what it became. */
import '../security.css';
import { Link, useParams } from '@tanstack/react-router';
import type { AccessRecord, StoredRecord, Why, WhyHop } from '@weft/signals';
import { useAsk } from '../../api/ask.ts';
import { ForOperators } from '../../kit/ForOperators.tsx';
import { Badge, Page, Panel } from '../../kit/parts.tsx';
import { Answer, Empty, Loading } from '../../kit/states.tsx';
import { moment } from '../../kit/words.ts';
import { askedFor, callerName, reasonOf, resultOf, serverName, whyId } from './record-words.ts';
import { Side } from './Sides.tsx';
import { WhyPanel } from './WhyPanel.tsx';

const isSame = (a: AccessRecord | undefined, b: AccessRecord): boolean =>
  a?.at === b.at && a.side === b.side && a.source.address === b.source.address && a.destination.address === b.destination.address;

/** The other end's word of the same hop, if that was found. */
const hopOf = (record: AccessRecord, why: Why | undefined): Pick<WhyHop, 'caller' | 'server'> =>
  why?.hops.find(({ caller, server }) => isSame(caller, record) || isSame(server, record)) ??
  (record.side === 'source' ? { caller: record } : { server: record });

const Ends = ({ caller, server }: Pick<WhyHop, 'caller' | 'server'>) => (
  <div className="grid">
    <Panel title="The caller’s proxy">
      {caller ? <Side record={caller} /> : <Empty>It says nothing: the caller has no proxy of the mesh, or told nothing of this.</Empty>}
    </Panel>
    <Panel title="The server’s proxy">
      {server ? (
        <Side record={server} />
      ) : (
        <Empty>It says nothing: the request did not reach it, or the server has no proxy of the mesh.</Empty>
      )}
    </Panel>
  </div>
);

const Related = ({ record: { source, request } }: { readonly record: AccessRecord }) => (
  <div className="tools">
    {request && request.id !== '' && (
      <Link className="button" to={'/security/access' as string} search={{ request: request.id } as never}>
        All records of this request
      </Link>
    )}
    {source.principal !== '' && (
      <Link className="button" to={'/security/access' as string} search={{ who: source.principal } as never}>
        All that this identity did
      </Link>
    )}
    {source.principal === '' && source.client !== '' && (
      <Link className="button" to={'/security/access' as string} search={{ address: source.client } as never}>
        All that this address did
      </Link>
    )}
    {request && request.trace !== '' && (
      <Link className="button" to={`/traces/${request.trace}` as string}>
        Its trace
      </Link>
    )}
  </div>
);

const Found = ({ record }: { readonly record: AccessRecord }) => {
  const id = whyId(record);
  const why = useAsk<Why>({ path: `/why/${encodeURIComponent(id)}`, topics: [], enabled: id !== '' });
  const { words, tone } = resultOf(record);
  return (
    <>
      <p>
        <Badge tone={tone}>{words}</Badge> {callerName(record)} → {serverName(record)} <code>{askedFor(record)}</code> at{' '}
        {moment(record.at)} <span className="soft">{reasonOf(record)}</span>
      </p>
      <Related record={record} />
      {id === '' ? (
        <Empty>It has no id by which it could be followed on its way.</Empty>
      ) : why.isPending ? (
        <Loading what="Asking why" />
      ) : (
        <Answer of={why} loading="Asking why">
          {(answer) => <WhyPanel why={answer} />}
        </Answer>
      )}
      <Ends {...hopOf(record, why.data)} />
    </>
  );
};

const TheRecord = () => {
  const { record: id } = useParams({ strict: false }) as { record: string };
  const found = useAsk<{ items: readonly StoredRecord[] }>({
    path: '/records',
    query: { after: Math.max(0, Number(id) - 1), limit: 1 },
    topics: [],
  });
  const item = found.data?.items.find((one) => String(one.id) === id);
  const why = item && whyId(item.record);
  return (
    <Page title={`Record ${id}`} call={`/records?after=${Number(id) - 1}&limit=1`} {...(why && { command: `npx weft why ${why}` })}>
      <Answer of={found} loading="Looking for the record">
        {() =>
          item ? <Found record={item.record} /> : <Empty>There is no such record: it was never written, or is forgotten by now.</Empty>
        }
      </Answer>
    </Page>
  );
};

export const OneRecord = () => (
  <ForOperators what="Access records" title="Access record">
    <TheRecord />
  </ForOperators>
);
