/**
 * What Weft alone understands of mesh settings: annotations of the MeshConfig, or of the ConfigMap `istio`, which Istio passes over,
 * so that one text serves both.
 */
import type { Problem } from '../problem.ts';
import type { Metadata } from '../resource.ts';
import { invalid } from '../rule.ts';
import { cidrFault, network } from '../text/host.ts';
import { childPath } from '../yaml/json.ts';
import { checkConsoleAddress } from './console-address.ts';
import { checkConsoleLogin } from './console-login.ts';
import { checkRetention } from './retention.ts';
import { checkTelemetryTargets } from './telemetry-targets.ts';

const compatibilityName = 'mesh.weft.dev/compatibility';
const keyNetworksName = 'mesh.weft.dev/jwks-networks';
const alertNetworksName = 'mesh.weft.dev/alert-networks';

type Annotations = Metadata['annotations'];

export interface MeshAnnotations {
  /** As Istio where Weft is stricter [G20]. */
  readonly compatibility?: 'istio';
  /** CIDR blocks of addresses inside, where keys of tokens may be fetched all the same. */
  readonly keyNetworks: readonly string[];
  /** The same of those who are told of alerts. */
  readonly alertNetworks: readonly string[];
}

const listed = (text: string | undefined): readonly string[] => (text ?? '').split(/[\s,]+/).filter(Boolean);

const networksIn = (text: string | undefined): readonly string[] =>
  listed(text)
    .filter((block) => cidrFault(block) === undefined)
    .map(network);

export const readMeshAnnotations = (annotations: Annotations): MeshAnnotations => ({
  ...(annotations[compatibilityName] === 'istio' && { compatibility: 'istio' }),
  keyNetworks: networksIn(annotations[keyNetworksName]),
  alertNetworks: networksIn(annotations[alertNetworksName]),
});

export function* checkMeshAnnotations(annotations: Annotations): Iterable<Problem> {
  yield* checkTelemetryTargets(annotations);
  yield* checkRetention(annotations);
  yield* checkConsoleLogin(annotations);
  yield* checkConsoleAddress(annotations);
  const mode = annotations[compatibilityName];
  if (mode !== undefined && mode !== 'istio')
    yield invalid(
      childPath('metadata.annotations', compatibilityName),
      `\`${mode.slice(0, 40)}\` is nobody that Weft can be like`,
      'Write `istio`, or remove the annotation.',
    );
  for (const name of [keyNetworksName, alertNetworksName]) {
    for (const block of listed(annotations[name])) {
      const fault = cidrFault(block);
      if (fault) yield invalid(childPath('metadata.annotations', name), fault, 'Write addresses and CIDR blocks, separated by commas.');
    }
  }
}
