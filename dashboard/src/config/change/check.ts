/** What weftd says of a text while it is written: it is applied as a rehearsal. */
import type { ApplyRequest, ApplyResult, Finding, Origin, Preview } from '@weft/model';
import { useEffect, useState } from 'react';
import { Refused, send } from '../../api/get.ts';
import { useMay } from '../../api/session.ts';

/** Relative commands of Deployments go on starting from the directory that they were applied from. */
export const requestFor = (text: string, origin: Origin | undefined): ApplyRequest => ({
  text,
  file: 'console',
  directory: (origin?.source === 'api' ? origin.directory : undefined) ?? '/',
});

export interface Checked {
  readonly state: 'checking' | 'checked' | 'failed';
  readonly findings: readonly Finding[];
  /** Why it could not be checked. */
  readonly error?: unknown;
  /** The text that was checked. */
  readonly text: string;
}

/** That a file owns the object is said where it is edited. */
const ownership = 'WEFT0302';

const said = (findings: readonly Finding[]): readonly Finding[] => findings.filter(({ code }) => code !== ownership);

/** Who may not apply may still ask what would become of it. */
const previewed = async ({ text }: ApplyRequest): Promise<readonly Finding[]> =>
  said((await send<Preview>('/preview', { text })).findings.added);

const rehearse = async (request: ApplyRequest): Promise<readonly Finding[]> => {
  try {
    const { findings } = await send<ApplyResult>('/apply', { ...request, dryRun: true });
    return said(findings);
  } catch (error) {
    if (error instanceof Refused && error.findings.length > 0) return said(error.findings);
    throw error;
  }
};

/** Long enough that nobody is asked about each letter. */
const quietMs = 350;

export const useCheck = (text: string, origin: Origin | undefined): Checked => {
  const may = useMay('admin');
  const [checked, setChecked] = useState<Checked>({ state: 'checking', findings: [], text: '' });
  useEffect(() => {
    let left = false;
    const tell = (next: Checked): void => {
      if (!left) setChecked(next);
    };
    const timer = window.setTimeout(() => {
      const request = requestFor(text, origin);
      (may ? rehearse(request) : previewed(request)).then(
        (findings) => tell({ state: 'checked', findings, text }),
        (error: unknown) => tell({ state: 'failed', findings: [], error, text }),
      );
    }, quietMs);
    return () => {
      left = true;
      window.clearTimeout(timer);
    };
  }, [text, origin, may]);
  return checked.text === text ? checked : { ...checked, state: 'checking' };
};
