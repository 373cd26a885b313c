import { type HttpRetry, parseDuration } from '@weft/model';
import { defaultRetry, type Retry } from '../mesh/index.ts';

interface Conditions {
  readonly retryOn: readonly string[];
  readonly statusCodes: readonly number[];
}

const retriable = 'retriable-status-codes';

/** Words are Envoy's own; whole numbers are status codes, and need the condition that reads them [S38]. */
const conditionsOf = (text: string): Conditions => {
  const words = text
    .split(',')
    .map((word) => word.trim())
    .filter(Boolean);
  const isCode = (word: string) => /^\d{3}$/.test(word);
  const statusCodes = words.filter(isCode).map(Number);
  const named = words.filter((word) => !isCode(word));
  return { retryOn: statusCodes.length > 0 && !named.includes(retriable) ? [...named, retriable] : named, statusCodes };
};

/** @returns `undefined` for no retries: `attempts` 0 or unset, which a protobuf cannot tell apart [S38]. */
export const retryOf = (settings: HttpRetry | undefined): Retry | undefined => {
  if (settings === undefined) return defaultRetry;
  if (!settings.attempts || settings.attempts < 0) return undefined;
  const perTryTimeout = settings.perTryTimeout ? parseDuration(settings.perTryTimeout) : undefined;
  const backoff = settings.backoff ? parseDuration(settings.backoff) : undefined;
  return {
    attempts: settings.attempts,
    ...(settings.retryOn ? conditionsOf(settings.retryOn) : { retryOn: defaultRetry.retryOn, statusCodes: [] }),
    ...(perTryTimeout === undefined ? {} : { perTryTimeout }),
    ...(backoff === undefined ? {} : { backoff }),
    ...(settings.retryIgnorePreviousHosts === undefined ? {} : { otherHost: settings.retryIgnorePreviousHosts }),
    ...(settings.retryRemoteLocalities ? { remoteLocalities: true } : {}),
  };
};
