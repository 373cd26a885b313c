/** Where everybody is on loopback: the application where its own sidecar calls it, the sidecar where the mesh calls it. */
export const callers = '127.0.0.1';
/** Of each pair its own: all serve the same ports. */
export const serverOf = (pair: number): string => `127.0.0.${pair + 2}`;
export const application = '127.0.0.1';

/** Ports of the service; of each the workload's own beside it. */
export interface Ports {
  readonly http: number;
  readonly http2: number;
  readonly httpTarget: number;
  readonly http2Target: number;
}
