/** What a proxy may say with one span: enough to understand a request, and never so much that a caller could fill the disk. */

export const bounds = {
  spansInTrace: 10_000,
  attributes: 64,
  events: 16,
  name: 256,
  key: 128,
  value: 1024,
} as const;

/** What they hold is their owner's alone; of other headers, an application may make attributes. */
const secret =
  /^http\.(request|response)\.header\.(authorization|proxy-authorization|cookie|set-cookie|x-api-key|x-forwarded-client-cert)$/;
const withQuery = new Set(['http.url', 'http.target', 'url.full', 'url.path', 'http.referer', 'http.request.header.referer']);

export const clipped = (text: string, length: number): string => (text.length > length ? `${text.slice(0, length - 1)}…` : text);

/** People put secrets into queries and before the host. */
const withoutSecrets = (url: string): string => url.replace(/[?#].*$/s, '').replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/]*@/i, '$1');

/** @returns undefined where nothing of it may be kept */
export const keptValue = (key: string, value: string): string | undefined => {
  if (key === 'url.query') return undefined;
  if (secret.test(key)) return '[masked]';
  return clipped(withQuery.has(key) ? withoutSecrets(value) : value, bounds.value);
};
