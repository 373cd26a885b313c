/**
 * Who may import whom. Read by `npm run check` (scripts/check-layers.ts): an import
 * that no line here allows is an error, and so is `Date.now` or `Math.random` in a library.
 */
export interface Layer {
  /** Path prefix, the longest match wins. */
  readonly path: string;
  /** A library may not reach time, randomness or the platform. */
  readonly library: boolean;
  /** Path prefixes inside the repository that may be imported; its own prefix always may. */
  readonly imports: readonly string[];
}

export const layers: readonly Layer[] = [
  { path: 'model/src', library: true, imports: [] },
  // What only a platform can do for it, lent by programs.
  { path: 'model/node', library: false, imports: ['model/src'] },
  { path: 'envoy/src', library: true, imports: [] },
  // The intermediate form knows no kind: only identities and findings.
  { path: 'compile/src/mesh', library: true, imports: ['model/src'] },
  // The input side cannot see Envoy ...
  { path: 'compile/src/kubernetes', library: true, imports: ['model/src', 'compile/src/mesh'] },
  { path: 'compile/src/istio', library: true, imports: ['model/src', 'compile/src/mesh', 'compile/src/kubernetes'] },
  // ... and the output side cannot see kinds (it may use the findings and names of model).
  { path: 'compile/src/xds', library: true, imports: ['envoy/src', 'compile/src/mesh'] },
  { path: 'compile/src', library: true, imports: ['model/src', 'envoy/src'] },
  { path: 'signals/src', library: true, imports: ['model/src'] },
  { path: 'weftd/src', library: false, imports: ['model/src', 'model/node', 'envoy/src', 'compile/src', 'signals/src'] },
  { path: 'agent/src', library: false, imports: ['model/src', 'model/node', 'envoy/src', 'compile/src/inject'] },
  // `up` looks for Envoy and `cert issue` asks for a certificate exactly as the agent does.
  {
    path: 'cli/src',
    library: false,
    imports: ['model/src', 'model/node', 'compile/src', 'signals/src', 'envoy/src', 'agent/src/envoy-binary', 'agent/src/identity'],
  },
  // In the browser: shapes, and what observations mean.
  { path: 'dashboard/src', library: false, imports: ['model/src', 'signals/src'] },
];
