/** When to renew, and when to try again: plain arithmetic. */
import type { WorkloadIdentity } from './workload-identity.ts';

/** Share of the life at which renewal is due; an outage that starts just before may last 0.44 of it [G1]. */
const due = 0.5;
/** Width of the spread: enough to part what started together, small enough to keep that budget. */
const spread = 0.05;

/** @param random in [0, 1) */
export const renewalTime = ({ issuedAt, notAfter }: Pick<WorkloadIdentity, 'issuedAt' | 'notAfter'>, random: number): number =>
  issuedAt + (notAfter - issuedAt) * (due + (random - 0.5) * spread);

/** Doubles from half a second to a minute, or to 2 % of the life where that is shorter; a quarter of it random. */
export const retryDelay = ({ failures, life, random }: { failures: number; life: number; random: number }): number => {
  const cap = Math.min(60_000, Math.max(500, life * 0.02));
  return Math.min(cap, 500 * 2 ** Math.min(failures - 1, 10)) * (0.75 + random * 0.5);
};
