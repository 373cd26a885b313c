import { expect, test } from 'vitest';
import { withoutKeys } from './redact.ts';

const key = '-----BEGIN PRIVATE KEY-----';

test('of a Secret the names of its values stay, and nothing of them, not even in what kubectl noted', () => {
  const shown = withoutKeys({
    kind: 'Secret',
    metadata: { name: 'web', annotations: { 'kubectl.kubernetes.io/last-applied-configuration': `{"data":"${key}"}`, team: 'shop' } },
    spec: { type: 'kubernetes.io/tls', data: { 'tls.key': key }, stringData: { 'tls.crt': key } },
  });
  expect(JSON.stringify(shown)).not.toContain(key);
  expect(shown).toMatchObject({
    metadata: { name: 'web', annotations: { team: 'shop' } },
    spec: { type: 'kubernetes.io/tls', data: { 'tls.key': '[redacted]' }, stringData: { 'tls.crt': '[redacted]' } },
  });
});

test('keys anywhere else are hidden by their fields', () => {
  const shown = withoutKeys({ spec: { certificate_chain: 'public', private_key: { inline_string: key } } });
  expect(shown).toEqual({ spec: { certificate_chain: 'public', private_key: '[redacted]' } });
});
