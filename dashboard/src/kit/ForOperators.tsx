/** What tells of people (records, spans, logs) is asked for those who may see it; others read who may, and nothing is refused them. */
import type { ReactNode } from 'react';
import { isSession, useMay, useSession } from '../api/session.ts';
import { Page } from './parts.tsx';

export interface ForOperatorsProps {
  /** In the plural, as a sentence begins: "Access records". */
  readonly what: string;
  /** Where it is a whole page. */
  readonly title?: string;
  /** The pages beside it. */
  readonly places?: ReactNode;
  readonly children: ReactNode;
}

export const ForOperators = ({ what, title, places, children }: ForOperatorsProps) => {
  const { data } = useSession();
  if (useMay('operator')) return children;
  const note = (
    <p className="note soft">
      {what} tell of people, so operators and administrators see them.
      {data && isSession(data) && ` You are ${data.user}, with the role ${data.role}.`}
    </p>
  );
  if (title === undefined) return note;
  return (
    <Page title={title}>
      {places}
      {note}
    </Page>
  );
};
