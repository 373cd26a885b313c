/** How calls are protected: who still comes in plaintext, what demanding mutual TLS would do, and who was refused lately. */
import './security.css';
import { useNavigate } from '@tanstack/react-router';
import type { MtlsReport, StoredRecord } from '@weft/signals';
import type { FormEvent } from 'react';
import { useAsk } from '../api/ask.ts';
import { at } from '../api/get.ts';
import { ForOperators } from '../kit/ForOperators.tsx';
import { Page, Panel } from '../kit/parts.tsx';
import { Answer } from '../kit/states.tsx';
import { Table } from '../kit/Table.tsx';
import { useShared, useSpan } from '../shell/time.ts';
import { recordColumns } from './access/columns.tsx';
import { dayBefore } from './days.ts';
import { AllRecords } from './links.tsx';
import { Matrix } from './Matrix.tsx';
import { Modes } from './Modes.tsx';
import { Plaintext } from './Plaintext.tsx';
import { SecurityPlaces } from './places.tsx';
import { StrictPlan } from './StrictPlan.tsx';

/** "Who read /cards yesterday?" */
const Finder = () => {
  const navigate = useNavigate();
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const path = String(form.get('path') ?? '').trim();
    const when = form.get('when') === 'yesterday' ? { ...dayBefore(Date.now()), since: undefined } : { since: String(form.get('when')) };
    void navigate({
      to: '/security/access',
      search: (before: Record<string, unknown>) => ({ ...before, ...when, path: path || undefined }),
    } as never);
  };
  return (
    <form className="conditions" onSubmit={submit} aria-label="Who asked">
      <label>
        Who asked for the path
        <input name="path" placeholder="/cards" autoComplete="off" spellCheck={false} />
      </label>
      <label>
        When
        <select name="when" defaultValue="yesterday">
          <option value="1h">in the last hour</option>
          <option value="24h">in the last 24 hours</option>
          <option value="yesterday">yesterday</option>
          <option value="7d">in the last 7 days</option>
        </select>
      </label>
      <button type="submit" className="button primary">
        Find
      </button>
    </form>
  );
};

const Denied = () => {
  const { from, to, live } = useSpan();
  const denied = useAsk<{ items: readonly StoredRecord[] }>({
    path: '/records',
    query: { denied: true, since: from, until: live ? undefined : to, limit: 20 },
    topics: live ? ['signals'] : [],
  });
  return (
    <Panel title="Refused lately" tools={<AllRecords search={{ outcome: 'denied' }}>All that were refused</AllRecords>}>
      <Answer of={denied} loading="Looking for refusals">
        {({ items }) => (
          <Table
            name="Refused lately"
            rows={items}
            columns={recordColumns}
            keyOf={({ id }) => String(id)}
            empty="Nobody was refused in this time."
          />
        )}
      </Answer>
    </Panel>
  );
};

const useAskedMtls = () => {
  const { ns } = useShared();
  const { from, to } = useSpan();
  return { ns, windowMs: to - from, query: { namespace: ns, windowMs: to - from } };
};

/** By records. */
const Migration = () => {
  const { windowMs, query } = useAskedMtls();
  const report = useAsk<MtlsReport>({ path: '/mtls', query, topics: ['signals', 'resources'] });
  return (
    <Answer of={report} loading="Looking who came by what">
      {(told) => (
        <>
          <Plaintext report={told} />
          <StrictPlan namespaces={[...new Set(told.workloads.map(({ namespace }) => namespace))]} windowMs={windowMs} />
          <Modes report={told} />
        </>
      )}
    </Answer>
  );
};

export const Security = () => {
  const { ns, query } = useAskedMtls();
  return (
    <Page title="Security" command={`npx weft mtls${ns ? ` -n ${ns}` : ''}`} call={at('/mtls', query)}>
      <SecurityPlaces />
      <ForOperators what="Who asked for what, who still sends plaintext and who was refused">
        <Finder />
        <Migration />
      </ForOperators>
      <Matrix />
      <ForOperators what="Refused requests">
        <Denied />
      </ForOperators>
    </Page>
  );
};
