/** What somebody changes or runs is written down before it is acknowledged, and so is what was refused to somebody who is known. */
import type { AuditAction, ObjectRef } from '@weft/model';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { aboutObjects, briefly } from '../store/audit.ts';
import { authorOf } from './by.ts';
import type { ApiParts } from './routes.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** What it is called in the audit log; routes that change nothing are not in it. */
    readonly audit?: AuditAction;
  }
  interface FastifyRequest {
    /** What it is done to, where that does not stand in the path. */
    about: string | undefined;
    isNoted: boolean;
  }
}

interface Said {
  readonly error?: string;
  readonly items?: readonly { readonly ref: ObjectRef }[];
}

const saidIn = (payload: unknown): Said => {
  try {
    return JSON.parse(String(payload)) as Said;
  } catch {
    return {};
  }
};

const aboutOf = ({ about, params }: FastifyRequest, { items }: Said): string =>
  about ?? (items ? aboutObjects(items.map(({ ref }) => ref)) : Object.values(params ?? {}).join('/'));

/** What is changed of configuration is written down with the change itself, in the store. */
const withTheChange: ReadonlySet<AuditAction> = new Set(['apply', 'delete', 'undo']);

const isTrial = ({ body }: FastifyRequest): boolean =>
  typeof body === 'object' && body !== null && 'dryRun' in body && body.dryRun === true;

/** Where the answer itself does not say that it was refused: a browser is led on. */
export const noteRefusal = async (request: FastifyRequest, { access, live }: ApiParts, reason: string): Promise<void> => {
  const { audit: action } = request.routeOptions.config;
  if (!action || request.isNoted) return;
  request.isNoted = true;
  await access.note({ by: authorOf(request), action, about: briefly(aboutOf(request, {})), result: 'refused', reason: briefly(reason) });
  live.tell('audit');
};

const note = async (request: FastifyRequest, reply: FastifyReply, payload: unknown, { access, live }: ApiParts): Promise<void> => {
  const { audit: action } = request.routeOptions.config;
  const isRefused = reply.statusCode >= 400;
  // Nobody can fill the log who has no part in the mesh, but for logins, which are few.
  if (!action || request.isNoted || isTrial(request) || (!request.caller && action !== 'login')) return;
  // An error on the way is answered in its turn: once is enough.
  request.isNoted = true;
  if (isRefused || !withTheChange.has(action)) {
    const said = isRefused ? saidIn(payload) : {};
    const result = isRefused ? ({ result: 'refused', reason: briefly(said.error ?? '') } as const) : ({ result: 'done' } as const);
    await access.note({ by: authorOf(request), action, about: briefly(aboutOf(request, said)), ...result });
  }
  live.tell('audit');
};

export const auditAll = (server: FastifyInstance, parts: ApiParts): void => {
  server.decorateRequest('about', undefined);
  server.decorateRequest('isNoted', false);
  server.addHook('onSend', (request, reply, payload) => note(request, reply, payload, parts));
};
