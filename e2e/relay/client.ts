/** A mesh client in the test's own hands: any certificate, any claim, and what Envoy makes of it. */
import { X509Certificate } from 'node:crypto';
import { Agent, request } from 'node:https';
import { makeKeyRequest } from '../../agent/src/identity/key.ts';
import type { Ca } from '../../weftd/src/ca/ca.ts';

export interface ClientCertificate {
  readonly key: string;
  readonly cert: string;
}

export const certificateFrom = async (ca: Ca, serviceAccount = 'client', trustDomain = ca.trustDomain): Promise<ClientCertificate> => {
  const { key, csr } = await makeKeyRequest();
  const answer = await ca.issue(csr, { identity: { trustDomain, namespace: 'shop', serviceAccount }, by: 'token' });
  if (!answer.ok) throw new Error(answer.reason);
  return { key, cert: answer.certificate.chain.join('\n') };
};

export interface Answer {
  readonly status: number;
  readonly body: string;
  /** Of the server's certificate. */
  readonly serial: string;
  readonly names: string;
}

/** @param kept an agent whose connections are reused; a new connection otherwise */
export const ask = (port: number, certificate?: ClientCertificate, kept?: Agent): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const agent = kept ?? new Agent({ maxCachedSessions: 0 });
    const options = { port, host: '127.0.0.1', path: '/', agent, rejectUnauthorized: false, timeout: 3_000, ...certificate };
    const sent = request(options, (response) => {
      let body = '';
      const peer = new X509Certificate((response.socket as import('node:tls').TLSSocket).getPeerCertificate(true).raw);
      response.on('data', (chunk: Buffer) => {
        body += chunk.toString();
      });
      response.on('end', () => {
        if (!kept) agent.destroy();
        resolve({ status: response.statusCode ?? 0, body, serial: peer.serialNumber.toLowerCase(), names: peer.subjectAltName ?? '' });
      });
    });
    sent.on('timeout', () => sent.destroy(new Error('no answer')));
    sent.on('error', reject);
    sent.end();
  });
