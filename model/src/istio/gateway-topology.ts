/** `gatewayTopology` of MeshConfig and of a gateway pod's annotation: what stands before the gateway, and how far it is believed. */

export const certificateWords = ['SANITIZE', 'FORWARD_ONLY', 'APPEND_FORWARD', 'SANITIZE_SET', 'ALWAYS_FORWARD_ONLY'] as const;

export interface GatewayTopology {
  /** Proxies whose word on the client's address counts. */
  readonly numTrustedProxies?: number;
  /** What becomes of their word about certificates. */
  readonly forwardClientCertDetails?: (typeof certificateWords)[number];
  /** Connections begin with a PROXY header, whose address counts; one without is closed. */
  readonly proxyProtocol?: true;
}

export interface ReadTopology {
  readonly topology: GatewayTopology;
  /** What cannot be read, or has no effect. */
  readonly faults: readonly { readonly field: string; readonly message: string }[];
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isCount = (value: unknown): value is number => typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < 2 ** 32;

export const readTopology = (written: unknown): ReadTopology => {
  if (!isRecord(written)) return { topology: {}, faults: [{ field: '', message: 'it is no mapping' }] };
  const { numTrustedProxies: count, forwardClientCertDetails: word, proxyProtocol, ...others } = written;
  const known = certificateWords.find((one) => one === word);
  const faults = Object.keys(others).map((field) => ({ field, message: `\`${field.slice(0, 60)}\` has no effect yet` }));
  if (count !== undefined && !isCount(count))
    faults.push({ field: 'numTrustedProxies', message: '`numTrustedProxies` is no number of proxies' });
  if (word !== undefined && word !== 'UNDEFINED' && !known)
    faults.push({ field: 'forwardClientCertDetails', message: `\`forwardClientCertDetails\` is none of ${certificateWords.join(', ')}` });
  if (proxyProtocol !== undefined && !isRecord(proxyProtocol))
    faults.push({ field: 'proxyProtocol', message: '`proxyProtocol` is no mapping (write `{}`)' });
  const topology = {
    ...(isCount(count) && { numTrustedProxies: count }),
    ...(known && { forwardClientCertDetails: known }),
    ...(isRecord(proxyProtocol) && { proxyProtocol: true as const }),
  };
  return { topology, faults };
};
