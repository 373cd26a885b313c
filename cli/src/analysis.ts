/** Offline checks: each object alone (`parse`), then all of them together (`build`), as weftd would; no mesh is needed. */
import { type Finding, meshSettings, parse } from '@weft/model';
import { certificateReader as certificates } from '@weft/model/node';
import type { ManifestFile } from './manifests.ts';

export const analyzeFiles = async (files: readonly ManifestFile[]): Promise<readonly Finding[]> => {
  // Loaded here: the compiler would slow down every other command.
  const { build, lapsed } = await import('@weft/compile/offline');
  const parsed = files.map(({ text, file }) => parse({ text, file, origin: { source: 'file' }, certificates }));
  const resources = parsed.flatMap((one) => one.resources);
  const alone = parsed.flatMap((one) => one.findings);
  const { findings } = build({ resources, pods: [], settings: meshSettings(resources) });
  return [...alone, ...findings, ...lapsed(resources, { now: Date.now(), certificates })];
};
