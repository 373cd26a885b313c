/**
 * Where a thread's program is: sources beside sources; in a release its bundle stands beside weftd's.
 * @param own the asking module's `import.meta.url`
 */
export const workerFile = (own: string, bundle: string): URL => new URL(own.endsWith('.ts') ? './worker.ts' : `./${bundle}.js`, own);
