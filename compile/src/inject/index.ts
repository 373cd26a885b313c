/** What a pod gets beside its application: whether an Envoy, and the rules that lead traffic through it. Imports nothing of `build`. */
export { type AnnotationProblem, type CaptureChoice, readCapture } from './annotations.ts';
export { type Capture, type CaptureFamily, captureRules } from './capture.ts';
export { injectLabel, isGatewayPod, namespaceLabel, type PodQuestion, proxyOf, revisionLabel, shouldInject } from './decide.ts';
export { type ProxyOwner, proxySettingsOf } from './proxy-settings.ts';
