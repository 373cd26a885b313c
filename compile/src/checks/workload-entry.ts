/** WorkloadEntries: nobody asks them how they are. */
import { doubtful } from '@weft/model';
import type { ObjectCheck } from './facts.ts';

/** Istio sets it on entries of machines that probe themselves, and leaves out those whose condition is not `Healthy`. */
const healthChecked = 'proxy.istio.io/health-checks-enabled';

export const workloadEntries: ObjectCheck<'WorkloadEntry'> = {
  kind: 'WorkloadEntry',
  reads: [],
  depends: () => [],
  problems: ({ metadata: { annotations } }) =>
    annotations[healthChecked] === undefined
      ? []
      : [
          doubtful('WEFT0101', 'metadata.annotations', [
            `\`${healthChecked}\` has no effect: the entry is always taken to be healthy`,
            'Remove the annotation, and the entry when the machine is gone; a DestinationRule with `outlierDetection` leaves out who fails.',
          ]),
        ],
};
