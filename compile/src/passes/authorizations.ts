import { authorizationPolicyOf } from '../istio/authorization-policy.ts';
import { strictlyRead } from '../istio/strict-reading.ts';
import type { TrustDomains } from '../istio/trust-domain.ts';
import type { AuthorizationPolicy } from '../mesh/index.ts';
import { nameOf, type Pass } from './input.ts';

const key = ({ namespace, name }: AuthorizationPolicy): string => `${namespace}/${name}`;

export const authorizations: Pass = {
  name: 'authorizations',
  reads: ({ of, settings }) => [of('AuthorizationPolicy'), settings],
  make: ({ of, settings, memo }) => {
    const domains: TrustDomains = memo('trust domains', [settings], () => [settings.trustDomain, ...settings.trustDomainAliases]);
    const isStrict = settings.compatibility !== 'istio';
    const policies = of('AuthorizationPolicy').map((policy) =>
      memo(nameOf(policy), [policy, domains, isStrict], () => {
        const said = authorizationPolicyOf(policy, domains);
        return isStrict ? strictlyRead(said) : said;
      }),
    );
    return { authorizations: policies.sort((a, b) => (key(a) < key(b) ? -1 : 1)) };
  },
};
