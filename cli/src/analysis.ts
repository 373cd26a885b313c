/** Offline checks: each object alone (`parse`), then all of them together (`build`). */
import { type Finding, parse, type Resource } from '@weft/model';
import type { ManifestFile } from './manifests.ts';

export interface Read {
  readonly resources: readonly Resource[];
  readonly findings: readonly Finding[];
}

const readFiles = (files: readonly ManifestFile[]): Read => {
  const parsed = files.map(({ text, file }) => parse({ text, file, origin: { source: 'file' } }));
  return { resources: parsed.flatMap(({ resources }) => resources), findings: parsed.flatMap(({ findings }) => findings) };
};

export const analyzeFiles = (files: readonly ManifestFile[]): readonly Finding[] => readFiles(files).findings;
