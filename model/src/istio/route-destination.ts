/** Where routes of every protocol lead. */
import { isDnsLabel } from '../metadata.ts';
import { doubtful, type Problem } from '../problem.ts';
import { invalid, isPort, portHelp } from '../rule.ts';
import { isIp, isWildcardHostname } from '../text/host.ts';
import type { DestinationSettings } from './virtual-service.ts';

export function* checkDestination({ host, subset, port }: DestinationSettings, path: string): Iterable<Problem> {
  if (host === '*' || (!isWildcardHostname(host) && !isIp(host)))
    yield invalid(`${path}.host`, `\`${host.slice(0, 80)}\` is no host to send to`, 'Name a service.');
  if (subset && !isDnsLabel(subset))
    yield invalid(`${path}.subset`, `\`${subset.slice(0, 80)}\` is no subset's name`, 'Use lower-case letters, digits and `-`.');
  if (port?.number !== undefined && !isPort(port.number)) yield invalid(`${path}.port.number`, `${port.number} is no port`, portHelp);
}

/** What Envoy adds up in 32 bits. */
const maxWeight = 2 ** 32 - 1;

interface Share {
  readonly weight?: number;
  readonly destination: DestinationSettings;
}

/** Shares that are none (Kiali's KIA1104 and KIA1105). */
function* checkShares(destinations: readonly Share[], path: string): Iterable<Problem> {
  const [first] = destinations;
  if (destinations.length === 1 && first?.weight !== undefined && first.weight >= 0 && first.weight !== 100)
    yield doubtful('IST0133', `${path}[0].weight`, [
      `the weight ${first.weight} has no effect: the one destination gets everything`,
      'Remove the weight, or add another destination.',
    ]);
  const seen = new Set<string>();
  for (const [index, one] of destinations.entries()) {
    const { weight: _, ...rest } = one;
    const key = JSON.stringify(rest);
    if (seen.has(key)) yield doubtful('IST0133', `${path}[${index}]`, ['the same destination stands twice', 'Add up the weights.']);
    seen.add(key);
  }
}

export function* checkWeights(destinations: readonly Share[], path: string): Iterable<Problem> {
  yield* checkShares(destinations, path);
  for (const [index, { weight = 0 }] of destinations.entries()) {
    if (weight < 0) yield invalid(`${path}[${index}].weight`, `a negative weight (${weight})`, 'Write 0 or more.');
  }
  const total = destinations.reduce((sum, { weight = 0 }) => sum + Math.max(0, weight), 0);
  if (destinations.length > 1 && total === 0)
    yield invalid(path, 'the weights add up to zero, so that no destination gets anything', 'Give at least one destination a weight.');
  if (total > maxWeight) yield invalid(path, `the weights add up to ${total}, more than ${maxWeight}`, 'Use smaller weights.');
}
