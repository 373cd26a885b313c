/** The configuration of the moment that the console shows, where that is not now. */
import type { History } from '@weft/model';
import type { ReactNode } from 'react';
import { useAsk } from '../api/ask.ts';
import { Answer, Empty } from '../kit/states.tsx';
import { moment } from '../kit/words.ts';
import { useShared } from '../shell/time.ts';

interface ThenProps {
  /** Unix milliseconds. */
  readonly at: number;
  readonly children: (revision: number) => ReactNode;
}

/** What was in force then, by the number of its revision, under a word that it is the past. */
const Then = ({ at, children }: ThenProps) => {
  const history = useAsk<History>({ path: '/history', query: { to: at + 1, limit: 1 }, topics: [] });
  return (
    <Answer of={history} loading="Asking which revision was in force">
      {({ items: [last], since }) =>
        last ? (
          <>
            <p className="note" data-tone="info" role="status">
              This is the past: the configuration as it was at {moment(at)}, revision {last.revision}. It can be read, not changed.
            </p>
            {children(last.revision)}
          </>
        ) : (
          <Empty>
            What was in force at {moment(at)} is not known{since === undefined ? '' : `; all is known since ${moment(since)}`}.
          </Empty>
        )
      }
    </Answer>
  );
};

export interface NowOrThenProps {
  /** @param revision that was in force; undefined: now */
  readonly children: (revision: number | undefined) => ReactNode;
}

export const NowOrThen = ({ children }: NowOrThenProps) => {
  const { at } = useShared();
  return at === undefined ? children(undefined) : <Then at={at}>{children}</Then>;
};
