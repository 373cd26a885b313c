/** JSON to a server that somebody wrote down; with what it answers where it does not take it. */
import type { AlertEndpoint } from '@weft/model';
import { urlFault } from '@weft/model';
import { exchange } from '../../outbound/exchange.ts';
import type { Outside } from './told.ts';

const maxAnswer = 64 * 1024;

export interface Letter {
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** An address that is a credential stands in no message. */
const urlOf = (text: string): URL => {
  const fault = urlFault(text.trim());
  if (fault) throw new Error('what the Secret holds is no address');
  return new URL(text.trim());
};

export const post = async ({ url, headers, body }: Letter, { reach, signal }: Outside): Promise<undefined> => {
  const question = {
    url: urlOf(url),
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  } as const;
  const { status, body: said } = await exchange(question, reach, { signal, maxBytes: maxAnswer });
  if (status < 200 || status >= 300) throw new Error(`the answer is ${status}: ${said.replaceAll(/\s+/g, ' ').slice(0, 200)}`);
  return undefined;
};

/** Where an endpoint is, and with what it is asked. */
export const addressed = ({ url, urlSecret, bearerToken }: AlertEndpoint, { secret }: Outside): Pick<Letter, 'url' | 'headers'> => ({
  url: urlSecret ? secret(urlSecret) : (url ?? ''),
  ...(bearerToken && { headers: { authorization: `Bearer ${secret(bearerToken).trim()}` } }),
});
