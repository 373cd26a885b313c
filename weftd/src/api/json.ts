import type { FastifyReply } from 'fastify';

/** What another thread has written as JSON already. */
export const sendJson = (reply: FastifyReply, bytes: Uint8Array): FastifyReply =>
  reply.type('application/json; charset=utf-8').send(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
