import { requestPolicyOf } from '../istio/request-authentication.ts';
import { nameOf, type Pass } from './input.ts';

export const requests: Pass = {
  name: 'requests',
  reads: ({ of, keys }) => [of('RequestAuthentication'), keys],
  make: ({ of, keys, memo }) => ({
    requests: of('RequestAuthentication').map((resource) =>
      memo(nameOf(resource), [resource.hash, keys], () => requestPolicyOf(resource, keys)),
    ),
  }),
};
