import type { Resource, Specs } from '@weft/model';
import { authorizationPolicyOf } from '../istio/authorization-policy.ts';
import { strictlyRead } from '../istio/strict-reading.ts';
import type { TrustDomains } from '../istio/trust-domain.ts';
import type { AuthorizationPolicy } from '../mesh/index.ts';
import { nameOf, type Pass } from './input.ts';

const key = ({ namespace, name }: AuthorizationPolicy): string => `${namespace}/${name}`;

export const authorizations: Pass = {
  name: 'authorizations',
  reads: ({ of, settings, withdrawn }) => [of('AuthorizationPolicy'), settings, withdrawn],
  make: ({ of, settings, withdrawn, memo }) => {
    const domains: TrustDomains = memo('trust domains', [settings], () => [settings.trustDomain, ...settings.trustDomainAliases]);
    const isStrict = settings.compatibility !== 'istio';
    const read = (name: string, policy: Resource<Specs['AuthorizationPolicy']>) =>
      memo(name, [policy, domains, isStrict], () => {
        const said = authorizationPolicyOf(policy, domains);
        return isStrict ? strictlyRead(said) : said;
      });
    const policies = of('AuthorizationPolicy').map((policy) => read(nameOf(policy), policy));
    return {
      authorizations: policies.sort((a, b) => (key(a) < key(b) ? -1 : 1)),
      withdrawn: withdrawn.map(({ policy, proxies }) => ({ policy: read(`withdrawn ${policy.hash}`, policy), proxies })),
    };
  },
};
