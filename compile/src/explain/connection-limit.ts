/** Policies that ask more of connections than an Envoy can be told let none pass [G9]: the same limits as in `xds/connection-chains.ts`. */
import { type AuthorizationSlice, addressDivision, addressTests, connectionMatches, connectionVerdict } from '../mesh/index.ts';
import { isTooLong } from '../xds/cel.ts';
import { type Facts, holds } from './facts.ts';

/** @returns why nobody can be told */
export const connectionLimit = (authorization: AuthorizationSlice, facts: Facts): string | undefined => {
  if (!addressDivision(authorization))
    return 'policies for the workload tell more addresses of connections apart than a proxy can: no connection passes';
  const known = {
    identified: facts.identity !== undefined,
    named: facts.identity !== undefined || facts.serverName !== '',
    port: facts.port,
    holds: new Set(addressTests(authorization).filter((test) => holds(test, facts))),
  };
  const delegated = authorization.custom
    .filter(({ authorizer }) => authorizer.kind === 'grpc')
    .map(({ policies }) => connectionMatches(policies, known));
  const { mayPass } = connectionVerdict(authorization, known);
  return (mayPass.kind !== 'known' || mayPass.holds) && [mayPass, ...delegated].some(isTooLong)
    ? 'policies for the workload ask more of connections than Envoy reads in one expression: none passes'
    : undefined;
};
