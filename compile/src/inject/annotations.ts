/** What a pod's `traffic.sidecar.istio.io/*` annotations say of capture. Their text ends in firewall rules: nothing unread gets through. */

export interface CaptureChoice {
  /** `*`: all but the excluded. */
  readonly includeInboundPorts: '*' | readonly number[];
  readonly excludeInboundPorts: readonly number[];
  readonly includeOutboundRanges: '*' | readonly string[];
  readonly excludeOutboundRanges: readonly string[];
  readonly includeOutboundPorts: readonly number[];
  readonly excludeOutboundPorts: readonly number[];
}

export interface AnnotationProblem {
  readonly annotation: string;
  readonly value: string;
  readonly message: string;
}

const prefix = 'traffic.sidecar.istio.io/';

const items = (text: string): readonly string[] =>
  text
    .split(',')
    .map((item) => item.trim())
    .filter(Boolean);

const isPort = (text: string): boolean => /^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= 65535;

const isRange = (text: string): boolean => {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})(?:\/(\d{1,2}))?$/.exec(text);
  if (!match) return false;
  return match.slice(1, 5).every((part) => Number(part) <= 255) && Number(match[5] ?? 32) <= 32;
};

/** @returns what the annotations say, less what cannot be read: traffic that nobody could exempt is captured. */
export const readCapture = (
  annotations: Readonly<Record<string, string>>,
): { readonly choice: CaptureChoice; readonly problems: readonly AnnotationProblem[] } => {
  const problems: AnnotationProblem[] = [];
  const read = (name: string, isValid: (item: string) => boolean, what: string): readonly string[] => {
    const annotation = `${prefix}${name}`;
    return items(annotations[annotation] ?? '').filter((item) => {
      if (!isValid(item)) problems.push({ annotation, value: item, message: `\`${item}\` is no ${what}` });
      return isValid(item);
    });
  };
  const ports = (name: string) => read(name, isPort, 'port').map(Number);
  const ranges = (name: string) => read(name, isRange, 'IPv4 address or range');
  const isAll = (name: string) => (annotations[`${prefix}${name}`] ?? '*').trim() === '*';
  const choice: CaptureChoice = {
    includeInboundPorts: isAll('includeInboundPorts') ? '*' : ports('includeInboundPorts'),
    excludeInboundPorts: ports('excludeInboundPorts'),
    includeOutboundRanges: isAll('includeOutboundIPRanges') ? '*' : ranges('includeOutboundIPRanges'),
    excludeOutboundRanges: ranges('excludeOutboundIPRanges'),
    includeOutboundPorts: ports('includeOutboundPorts'),
    excludeOutboundPorts: ports('excludeOutboundPorts'),
  };
  return { choice, problems };
};
