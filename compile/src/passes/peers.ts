import { peerPolicyOf } from '../istio/peer-authentication.ts';
import type { Pass } from './input.ts';

export const peers: Pass = {
  name: 'peers',
  reads: ({ of }) => [of('PeerAuthentication')],
  make: ({ of }) => ({ peers: of('PeerAuthentication').map(peerPolicyOf) }),
};
