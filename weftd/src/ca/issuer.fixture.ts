/** A process that issues certificates as fast as it can and says which it handed out, until it is killed. */
import { randomBytes } from 'node:crypto';
import { writeSync } from 'node:fs';
import { openCa } from './ca.ts';
import { makeKeys, signingAlgorithm, x509 } from './x509.ts';

const [directory = ''] = process.argv.slice(2);
const registry = { find: () => undefined, list: () => [] };
const powers = { registry, now: Date.now, random: randomBytes, logger: { warn: () => {} } };
const ca = await openCa(directory, { trustDomain: 'cluster.local', cluster: 'east', ...powers });
const request = await x509.Pkcs10CertificateRequestGenerator.create({ name: 'CN=x', keys: await makeKeys(), signingAlgorithm });
const caller = { identity: { trustDomain: 'cluster.local', namespace: 'shop', serviceAccount: 'web' }, by: 'token' } as const;

for (;;) {
  const answers = await Promise.all(Array.from({ length: 4 }, () => ca.issue(request.toString('pem'), caller)));
  for (const answer of answers) if (answer.ok) writeSync(1, `${answer.certificate.serial}\n`);
}
