import { type CorsSettings, parseDuration } from '@weft/model';
import type { Cors } from '../mesh/index.ts';
import { stringMatch } from './match.ts';

/** `allowOrigin` is the old list of exact origins, still read where the new one is absent. */
export const corsOf = (settings: CorsSettings | undefined): Cors | undefined => {
  if (settings === undefined) return undefined;
  const maxAge = settings.maxAge === undefined ? undefined : parseDuration(settings.maxAge);
  return {
    origins: settings.allowOrigins?.map(stringMatch) ?? (settings.allowOrigin ?? []).map((value) => ({ kind: 'exact', value })),
    methods: settings.allowMethods ?? [],
    headers: settings.allowHeaders ?? [],
    exposeHeaders: settings.exposeHeaders ?? [],
    ...(maxAge === undefined ? {} : { maxAge: Math.trunc(maxAge / 1000) }),
    ...(settings.allowCredentials === undefined ? {} : { credentials: settings.allowCredentials }),
    unmatchedPreflights: settings.unmatchedPreflights === 'IGNORE' ? 'answer' : 'forward',
  };
};
