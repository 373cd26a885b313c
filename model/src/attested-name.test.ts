import fc from 'fast-check';
import { expect, test } from 'vitest';
import { attestedName, parseAttestedName } from './attested-name.ts';

test('carries workload, app, version and cluster; dots in a version do not make new labels', () => {
  const name = attestedName({ workload: 'web-v1', app: 'web', version: 'v1.2', cluster: 'east' });
  expect(name).toBe('web-v1.web.v1_d2.east.meta.mesh');
});

test('what was written is what is read, for everything that a label may hold', () => {
  const label = fc.stringMatching(/^[A-Za-z0-9._-]{1,20}$/);
  fc.assert(
    fc.property(label, label, label, label, (workload, app, version, cluster) => {
      const name = attestedName({ workload, app, version, cluster });
      expect(name?.split('.')).toHaveLength(6);
      expect(parseAttestedName(name ?? '')).toEqual({ workload, app, version, cluster });
    }),
  );
});

test('what does not fit or is no label gives no name', () => {
  const good = { workload: 'a', app: 'a', version: 'a', cluster: 'a' };
  for (const bad of ['', 'a'.repeat(64), 'a b', 'ä', 'a\0', '*']) expect(attestedName({ ...good, app: bad })).toBeUndefined();
  for (const bad of ['a.b.c.d.meta.mesh.evil', 'a.b.c.meta.mesh', 'a.b.c._.meta.mesh', 'weftd'])
    expect(parseAttestedName(bad)).toBeUndefined();
});
