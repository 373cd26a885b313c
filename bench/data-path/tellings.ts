/** How much a mesh may tell of its traffic, as objects of kind Telemetry say it. */

const telemetry = (spec: string): string => `---
apiVersion: telemetry.istio.io/v1
kind: Telemetry
metadata: {name: default, namespace: istio-system}
spec: {${spec}}
`;

const uncounted = 'metrics: [{providers: [{name: prometheus}], overrides: [{disabled: true}]}]';
const unrecorded = 'accessLogging: [{disabled: true}]';
const untraced = 'tracing: [{disableSpanReporting: true}]';

export const tellings = {
  nothing: telemetry([uncounted, unrecorded, untraced].join(', ')),
  metrics: telemetry([unrecorded, untraced].join(', ')),
  'metrics and records': telemetry(untraced),
  /** As it is without a word: spans of one request in a hundred too. */
  everything: '',
} as const;

export type Telling = keyof typeof tellings;
