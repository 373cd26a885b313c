import type { GatewayTopology } from '@weft/model';
import type { Trust } from '../mesh/index.ts';

/** Absent where nothing is said, or only Istio's defaults. */
export const trustOf = (topology: GatewayTopology | undefined): { readonly trust?: Trust } => {
  if (!topology) return {};
  const { numTrustedProxies: hops, forwardClientCertDetails: certificates, proxyProtocol } = topology;
  return { trust: { ...(hops && { hops }), ...(certificates && { certificates }), ...(proxyProtocol && { proxyProtocol }) } };
};
