/** Who did what, as the API tells it (shapes of `api.ts`). */
import type { CameBy, Role } from './access.ts';
import type { ObjectDifference } from './history.ts';

export const auditActions = [
  'apply',
  'delete',
  'undo',
  'file',
  'restart',
  'log-level',
  'exec',
  'silence',
  'unsilence',
  'test-receiver',
  'login',
  'logout',
  'make-link',
  'create-token',
  'revoke-token',
] as const;

/** `file`: somebody changed a manifest in the folder; who, its system knows. */
export type AuditAction = (typeof auditActions)[number];

export interface AuditAuthor {
  readonly user: string;
  readonly how: CameBy | 'file';
  /** Absent where nobody was let in. */
  readonly role?: Role;
  /** IP address; absent for those who came by the socket, or by a file. */
  readonly address?: string;
}

export interface AuditEntry {
  readonly id: number;
  /** Unix milliseconds. */
  readonly at: number;
  readonly by: AuditAuthor;
  readonly action: AuditAction;
  /** What it was done to: objects, a pod, a token, … */
  readonly about: string;
  readonly result: 'done' | 'refused';
  /** Why it was refused. */
  readonly reason?: string;
  /** That it made, of configuration. */
  readonly revision?: number;
}

/** With objects before and after, in YAML, without the values of Secrets; as long as history is kept. */
export interface AuditDetails extends AuditEntry {
  readonly changes?: readonly ObjectDifference[];
}

export interface AuditSearch {
  /** Unix milliseconds. */
  readonly from?: number;
  readonly to?: number;
  readonly user?: string;
  readonly action?: AuditAction;
  readonly result?: AuditEntry['result'];
  /** A piece of what it was done to. */
  readonly about?: string;
  /** Done to something of this namespace. */
  readonly namespace?: string;
  /** Tell objects before and after too. */
  readonly changes?: boolean;
  /** Older than this entry. */
  readonly before?: number;
  readonly limit?: number;
}
