/** What weftd says of a text while it is written: it is applied as a rehearsal. */
import type { ApplyResult, Finding, Origin } from '@weft/model';
import { useEffect, useState } from 'react';
import { Refused, send } from '../../api/get.ts';

export interface Request {
  readonly text: string;
  readonly file: string;
  readonly directory: string;
}

/** Relative commands of Deployments go on starting from the directory that they were applied from. */
export const requestFor = (text: string, origin: Origin | undefined): Request => ({
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

const rehearse = async (request: Request): Promise<readonly Finding[]> => {
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
  const [checked, setChecked] = useState<Checked>({ state: 'checking', findings: [], text: '' });
  useEffect(() => {
    let left = false;
    const tell = (next: Checked): void => {
      if (!left) setChecked(next);
    };
    const timer = window.setTimeout(() => {
      rehearse(requestFor(text, origin)).then(
        (findings) => tell({ state: 'checked', findings, text }),
        (error: unknown) => tell({ state: 'failed', findings: [], error, text }),
      );
    }, quietMs);
    return () => {
      left = true;
      window.clearTimeout(timer);
    };
  }, [text, origin]);
  return checked.text === text ? checked : { ...checked, state: 'checking' };
};
