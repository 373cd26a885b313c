/** How the addresses of connections are divided by the policies for a workload, as far as they can be. */
import { type AddressClass, type AddressTest, addressClasses } from './address-classes.ts';
import type { AuthorizationSlice } from './authorization.ts';
import { addressTests } from './connection-policy.ts';

export interface AddressDivision {
  /** Of those who open connections, and of the clients that proxies speak of. */
  readonly sources: readonly AddressClass[];
  readonly clients: readonly AddressClass[];
  /** Of both, where they are the same. */
  readonly callers: readonly AddressClass[];
  readonly destinations: readonly AddressClass[];
}

/** Every rule is asked about every class [G9]: 500 rules with a network each take a second. */
const mostTests = 500;
const mostClasses = 500;

/** @returns `undefined` where policies tell more addresses apart than there can be chains */
export const addressDivision = (authorization: AuthorizationSlice): AddressDivision | undefined => {
  const tests = addressTests(authorization);
  if (tests.length > mostTests) return undefined;
  const of = (...kinds: readonly AddressTest['kind'][]) => addressClasses(tests.filter(({ kind }) => kinds.includes(kind)));
  const division = {
    sources: of('source-ip'),
    clients: of('remote-ip'),
    callers: of('source-ip', 'remote-ip'),
    destinations: of('destination-ip'),
  };
  const { sources, clients, callers, destinations } = division;
  const most = destinations.length * Math.max(callers.length, sources.length * clients.length);
  return most > mostClasses ? undefined : division;
};
