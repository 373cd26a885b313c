/** What a page shows when it has nothing to show, does not know yet, or was refused. */
import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Refused } from '../api/get.ts';

export const Loading = ({ what }: { readonly what: string }) => (
  <div className="loading" role="status" aria-live="polite">
    {what} …
  </div>
);

export const Empty = ({ children }: { readonly children: ReactNode }) => <p className="note soft">{children}</p>;

const advice = (error: unknown): string => {
  if (!(error instanceof Refused))
    return 'The control plane cannot be reached; traffic goes on without it. This page goes on when it is back.';
  if (error.status === 403) return 'Your role may not see this; an operator or administrator may.';
  return error.status === 429 ? 'Too much was asked at once; wait a moment.' : '';
};

export const Failed = ({ error, again }: { readonly error: unknown; readonly again?: () => void }) => (
  <div className="note" data-tone="bad" role="alert">
    <p>{error instanceof Error ? error.message : String(error)}</p>
    <p>{advice(error)}</p>
    {again && (
      <button type="button" className="button" onClick={again}>
        Try again
      </button>
    )}
  </div>
);

export interface AnswerProps<T> {
  readonly of: UseQueryResult<T>;
  /** Said while there is no answer: "Looking for services". */
  readonly loading: string;
  readonly children: (value: T) => ReactNode;
}

/** The answer, or why there is none yet. An old answer is still shown beside the reason why there is no newer one. */
export function Answer<T>({ of: asked, loading, children }: AnswerProps<T>): ReactNode {
  const again = () => void asked.refetch();
  if (asked.data === undefined) return asked.isError ? <Failed error={asked.error} again={again} /> : <Loading what={loading} />;
  return (
    <>
      {asked.isError && <Failed error={asked.error} again={again} />}
      {children(asked.data)}
    </>
  );
}
