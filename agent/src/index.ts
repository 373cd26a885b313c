export { type EnvoySearch, envoyCache, findEnvoy } from './envoy-binary.ts';
