/** Places on which connections arrive, and who claims them: `address:port`, and `0.0.0.0:port` of services without address [S8, S84]. */
import { carriesTls, isExclusive, isHttp, type Protocol, type Service } from '../mesh/index.ts';

/** Nothing but the address tells these connections apart. */
const isBytes = (protocol: Protocol): boolean => !isHttp(protocol) && !carriesTls(protocol) && protocol !== 'udp';

const isHomeless = ({ addresses, headless }: Service): boolean => !headless && addresses.length === 0;

export const anyAddress = '0.0.0.0';

interface Claim {
  readonly place: string;
  readonly service: Service;
}

/** @param shy ports on which some service speaks first and is not listened to together with HTTP */
const claimsOf = (service: Service, shy: ReadonlySet<number>): readonly Claim[] =>
  service.ports.flatMap(({ number, protocol }) => {
    const addresses = service.addresses.filter((address) => !address.includes('/') || isBytes(protocol));
    const shares = (isHomeless(service) && isBytes(protocol)) || (shy.has(number) && isHttp(protocol));
    return [...addresses, ...(shares ? [anyAddress] : [])].map((address) => ({ place: `${address}:${number}`, service }));
  });

/** In the order of precedence; only places that several claim. */
export const contested = (services: readonly Service[]): ReadonlyMap<string, readonly Service[]> => {
  const homeless = services.filter(isHomeless).flatMap(({ ports }) => ports);
  const shy = new Set(homeless.filter(({ protocol }) => isExclusive(protocol)).map(({ number }) => number));
  const places = Map.groupBy(
    services.flatMap((service) => claimsOf(service, shy)),
    ({ place }) => place,
  );
  const several = [...places].filter(([, claims]) => claims.length > 1);
  return new Map(several.map(([place, claims]) => [place, claims.map(({ service }) => service)]));
};
