import { peerPolicyOf } from '../istio/peer-authentication.ts';
import { type Pass, resourceKey, sameList } from './input.ts';

export const peers: Pass = ({ of, memo }) => ({
  peers: sameList(
    memo,
    'peers',
    of('PeerAuthentication').map((resource) => memo(resourceKey(resource), [resource.hash], () => peerPolicyOf(resource))),
  ),
});
