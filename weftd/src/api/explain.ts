/** Where requests go, as the proxies' present configuration says. */
import { isIP } from 'node:net';
import type { Request } from '@weft/model';
import { Refusal, type Routes } from './routes.ts';

const isText = (value: unknown): boolean => value === undefined || typeof value === 'string';

const isHeader = (value: unknown): boolean => [value].flat().every((one) => typeof one === 'string');

/** What the compiler looks at; anything else in it is of no interest. */
const isRequest = (value: unknown): value is Request => {
  if (typeof value !== 'object' || value === null) return false;
  const {
    host,
    port,
    path,
    method,
    authority,
    address,
    protocol,
    scheme,
    certificate,
    clientAddress,
    headers = {},
  } = value as Partial<Record<keyof Request, unknown>>;
  const isPort = typeof port === 'number' && Number.isInteger(port) && port > 0 && port < 65_536;
  const texts = typeof headers === 'object' && headers !== null && Object.values(headers).every(isHeader);
  const isKnown =
    ['http', 'tls', 'tcp', undefined].some((one) => one === protocol) &&
    ['http', 'https', undefined].some((one) => one === scheme) &&
    ['mesh', 'known', 'unknown', undefined].some((one) => one === certificate);
  const isAddress = clientAddress === undefined || (typeof clientAddress === 'string' && isIP(clientAddress) !== 0);
  return typeof host === 'string' && isPort && isKnown && isAddress && texts && [path, method, authority, address].every(isText);
};

const parsed = (text: string): Request => {
  try {
    const request: unknown = JSON.parse(text);
    if (isRequest(request)) return request;
  } catch {
    // Told below, like everything else that is no request.
  }
  throw new Refusal(400, 'request must be JSON with host and port');
};

export const explainRoutes: Routes = (server, { desired }) => {
  server.get<{ Querystring: { from?: string; request?: string } }>('/explain', { config: { role: 'viewer' } }, async ({ query }) => {
    const request = parsed(query.request ?? '');
    const [namespace = '', name = ''] = (query.from ?? '').split('/');
    const journey = await desired.call('explain', { request, ...(query.from && { from: { namespace, name } }) });
    if (!journey) throw new Refusal(404, `there is no pod ${query.from ?? ''}`);
    return journey;
  });
};
