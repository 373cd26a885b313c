import { describe, expect, it } from 'vitest';
import { Scripted, type Shape } from './scripted.ts';
import { inStep } from './session.ts';

const mesh = {
  CDS: { a: '1', b: '1' },
  EDS: { a: '1', b: '1' },
  LDS: { out: '1' },
  RDS: { '80': '1' },
  VHDS: { '80/a': 'a', '80/b': 'b' },
} satisfies Shape;

/** Brings a client through its first synchronisation as Envoy does it. */
const synced = (shape: Shape = mesh): Scripted => {
  const client = new Scripted(shape);
  client.ask('CDS');
  client.ask('EDS', { subscribe: Object.keys(shape.EDS ?? {}) });
  client.ack('CDS');
  client.ack('EDS');
  client.ask('LDS');
  client.ask('RDS', { subscribe: Object.keys(shape.RDS ?? {}) });
  client.ack('LDS');
  client.ack('RDS');
  client.ask('VHDS');
  client.ack('VHDS');
  return client;
};

describe('first synchronisation', () => {
  it('sends clusters, endpoints, listeners, routes, virtual hosts, each once, then nothing', () => {
    const client = synced();
    expect(client.sent).toEqual(['CDS a b', 'EDS a b', 'LDS out', 'RDS 80', 'VHDS 80/a 80/b']);
    expect(inStep(client.open)).toBe(true);
    expect(client.open.revision).toBe(1);
  });

  it('[X15]: holds listeners back until clusters and their endpoints are acknowledged', () => {
    const client = new Scripted(mesh);
    client.ask('CDS');
    expect(client.ask('LDS')).toEqual([]);
    expect(client.ack('CDS')).toEqual([]);
    expect(client.ask('EDS', { subscribe: ['a', 'b'] })).toEqual(['EDS a b']);
    expect(client.ack('EDS')).toEqual(['LDS out']);
  });

  it('goes on without endpoints where the client does not ask for them', () => {
    const client = new Scripted(mesh);
    client.ask('CDS');
    client.ask('LDS');
    expect(client.ack('CDS')).toEqual([]);
    expect(client.patience()).toEqual(['LDS out']);
  });

  it('[X14]: waits for the endpoints of a cluster that went and came back before they were asked for', () => {
    const both = { CDS: { a: '1', b: '1' }, EDS: { a: '1', b: '1' }, LDS: { out: 'b' } };
    const client = new Scripted(both);
    expect(client.ask('CDS')).toEqual(['CDS a b']);
    client.ask('LDS');
    expect(client.ask('EDS', { subscribe: ['a'] })).toEqual(['EDS a']);
    client.plan({ CDS: { a: '1' }, EDS: { a: '1' } });
    expect(client.ack('EDS')).toEqual([]);
    client.plan(both);
    expect(client.ack('CDS')).toEqual([]);
    expect(client.ask('EDS', { subscribe: ['b'] })).toEqual(['EDS b']);
    expect(client.ack('EDS')).toEqual(['LDS out']);
  });

  it('[X9]: answers a wildcard even if there is nothing, once', () => {
    const client = new Scripted({});
    expect(client.ask('CDS')).toEqual(['CDS']);
    expect(client.ack('CDS')).toEqual([]);
  });
});

describe('changes', () => {
  it('sends only what changed, and counts a revision that changes nothing as acknowledged', () => {
    const client = synced();
    expect(client.plan({ ...mesh, VHDS: { ...mesh.VHDS, '80/b': 'b a' } })).toEqual(['VHDS 80/b']);
    expect(client.open.revision).toBe(1);
    client.ack('VHDS');
    expect(client.open.revision).toBe(2);
    expect(client.plan({ ...mesh, VHDS: { ...mesh.VHDS, '80/b': 'b a' } })).toEqual([]);
    expect(client.open.revision).toBe(3);
  });

  it('has one push in flight for each type and merges what comes meanwhile', () => {
    const client = synced();
    expect(client.plan({ ...mesh, EDS: { a: '2', b: '1' } })).toEqual(['EDS a']);
    expect(client.plan({ ...mesh, EDS: { a: '3', b: '1' } })).toEqual([]);
    expect(client.plan({ ...mesh, EDS: { a: '4', b: '2' } })).toEqual([]);
    expect(client.ack('EDS')).toEqual(['EDS a b']);
  });

  it('[X14]: a changed cluster is followed by its endpoints, changed or not', () => {
    const client = synced();
    expect(client.plan({ ...mesh, CDS: { a: '2', b: '1' } })).toEqual(['CDS a', 'EDS a']);
  });

  it('[X14]: endpoints do not wait for clusters that are newer still, since the client answers for none before they came', () => {
    const client = synced();
    expect(client.plan({ ...mesh, EDS: { a: '2', b: '1' } })).toEqual(['EDS a']);
    expect(client.plan({ ...mesh, CDS: { a: '2', b: '1' } })).toEqual(['CDS a']);
    expect(client.plan({ ...mesh, CDS: { a: '3', b: '1' } })).toEqual([]);
    expect(client.ack('EDS')).toEqual(['EDS a']);
    expect(client.ack('CDS')).toEqual(['CDS a']);
  });

  it('[X2]: isolates what was refused, asked for again while it was on its way with others', () => {
    const client = synced();
    const endpoints = { a: '2', b: '1' };
    expect(client.plan({ ...mesh, EDS: endpoints })).toEqual(['EDS a']);
    expect(client.nack('EDS', 'no')).toEqual([]);
    expect(client.plan({ ...mesh, CDS: { a: '2', b: '2' }, EDS: endpoints })).toEqual(['CDS a b', 'EDS a b']);
    expect(client.ask('EDS', { subscribe: ['a'] })).toEqual([]);
    expect(client.nack('EDS', 'no')).toEqual(['EDS a']);
    expect(client.nack('EDS', 'no')).toEqual(['EDS b']);
  });

  it('makes before it breaks: the old cluster goes when nothing can name it any more', () => {
    const client = synced();
    const moved: Shape = {
      CDS: { a: '1', c: '1' },
      EDS: { a: '1', c: '1' },
      LDS: mesh.LDS,
      RDS: mesh.RDS,
      VHDS: { '80/a': 'a', '80/b': 'c' },
    };
    expect(client.plan(moved)).toEqual(['CDS c']);
    expect(client.ack('CDS')).toEqual([]);
    expect(client.ask('EDS', { subscribe: ['c'] })).toEqual(['EDS c']);
    expect(client.ack('EDS')).toEqual(['VHDS 80/b']);
    expect(client.ack('VHDS')).toEqual(['CDS -b']);
    expect(inStep(client.open)).toBe(false);
    expect(client.ask('EDS', { unsubscribe: ['b'] })).toEqual([]);
    expect(client.ack('CDS')).toEqual([]);
    expect(inStep(client.open)).toBe(true);
  });

  it('keeps the cluster while the virtual host that replaces its user is refused', () => {
    const client = synced();
    client.plan({ ...mesh, CDS: { a: '1' }, EDS: { a: '1' }, VHDS: { '80/a': 'a', '80/b': 'a' } });
    expect(client.nack('VHDS', 'no')).toEqual([]);
    expect(inStep(client.open)).toBe(false);
    const fixed = { ...mesh, CDS: { a: '1' }, EDS: { a: '1' }, VHDS: { '80/a': 'a', '80/b': 'a2' } };
    expect(client.plan(fixed)).toEqual(['VHDS 80/b']);
    expect(client.ack('VHDS')).toEqual(['CDS -b']);
  });

  it('replaces virtual hosts of one route configuration in one message, those of one that leaves later', () => {
    const client = synced();
    const next: Shape = { ...mesh, LDS: { out: '2' }, RDS: { '90': '1' }, VHDS: { '90/a': 'a' } };
    expect(client.plan(next)).toEqual(['LDS out', 'VHDS 90/a']);
    client.ack('VHDS');
    expect(client.ask('RDS', { subscribe: ['90'], unsubscribe: ['80'] })).toEqual(['RDS 90', 'VHDS 90/a']);
    client.ack('RDS');
    client.ack('LDS');
    expect(client.ack('VHDS')).toEqual(['VHDS -80/a -80/b']);
    const swapped = synced();
    expect(swapped.plan({ ...mesh, VHDS: { '80/a': 'a', '80/c': 'b' } })).toEqual(['VHDS 80/c -80/b']);
  });
});

describe('refusals', () => {
  it('[X1-X3]: the bytes are not sent again, other resources and types go on', () => {
    const client = synced();
    client.plan({ ...mesh, VHDS: { ...mesh.VHDS, '80/a': 'bad' } });
    expect(client.nack('VHDS', 'duplicate domain')).toEqual([]);
    expect(client.open).toMatchObject({ nacks: 1, lastNack: { message: 'duplicate domain', at: 7 } });
    const bad = { ...mesh, VHDS: { '80/a': 'bad', '80/b': 'b2' } };
    expect(client.plan(bad)).toEqual(['VHDS 80/b']);
    client.ack('VHDS');
    expect(client.plan({ ...bad, EDS: { a: '2', b: '1' } })).toEqual(['EDS a']);
    client.ack('EDS');
    expect(client.plan({ ...bad, EDS: { a: '2', b: '1' }, VHDS: { '80/a': 'good', '80/b': 'b2' } })).toEqual(['VHDS 80/a']);
    client.ack('VHDS');
    expect(inStep(client.open)).toBe(true);
  });

  it('finds the bad one of many by halves, so that the others arrive', () => {
    const client = synced();
    const VHDS = { '80/a': 'a2', '80/b': 'b2', '80/c': 'bad', '80/d': 'd' };
    expect(client.plan({ ...mesh, VHDS })).toEqual(['VHDS 80/a 80/b 80/c 80/d']);
    expect(client.nack('VHDS', 'one of them')).toEqual(['VHDS 80/a 80/b']);
    expect(client.ack('VHDS')).toEqual(['VHDS 80/c 80/d']);
    expect(client.nack('VHDS', 'one of them')).toEqual(['VHDS 80/c']);
    expect(client.nack('VHDS', 'this one')).toEqual(['VHDS 80/d']);
    expect(client.ack('VHDS')).toEqual([]);
    expect(inStep(client.open)).toBe(false);
  });

  it('believes Envoy where it names the bad clusters, and withholds only what would name them', () => {
    const client = synced();
    const next = {
      ...mesh,
      CDS: { ...mesh.CDS, x: 'bad', y: '1' },
      EDS: { ...mesh.EDS, x: '1', y: '1' },
      VHDS: { '80/a': 'x', '80/b': 'y' },
    };
    expect(client.plan(next)).toEqual(['CDS x y']);
    expect(client.nack('CDS', 'Error adding/updating cluster(s) x: no')).toEqual([]);
    expect(client.ask('EDS', { subscribe: ['y'] })).toEqual(['EDS y']);
    expect(client.ack('EDS')).toEqual(['VHDS 80/b']);
    expect(client.ack('VHDS')).toEqual([]);
    expect(client.plan({ ...next, CDS: { ...next.CDS, x: 'good' } })).toEqual(['CDS x']);
    client.ack('CDS');
    expect(client.ask('EDS', { subscribe: ['x'] })).toEqual(['EDS x']);
    expect(client.ack('EDS')).toEqual(['VHDS 80/a']);
  });
});

describe('subscriptions', () => {
  it('[X5]: count with a stale nonce; [X6]: a name again is sent again; [X7]: an unknown name is answered as removed', () => {
    const client = synced();
    expect(client.ask('EDS', { subscribe: ['a'], nonce: 'stale' })).toEqual(['EDS a']);
    expect(client.ask('EDS', { subscribe: ['none'], nonce: 'stale' })).toEqual([]);
    expect(client.ack('EDS')).toEqual(['EDS -none']);
    client.ack('EDS');
    expect(client.plan({ ...mesh, EDS: { ...mesh.EDS, none: 'now' } })).toEqual(['EDS none']);
  });

  it('[X8]: a name given up that the wildcard covers is answered', () => {
    const client = synced();
    client.ask('CDS', { subscribe: ['a'] });
    client.ack('CDS');
    client.ack('EDS');
    expect(client.ask('CDS', { unsubscribe: ['a'] })).toEqual(['CDS a', 'EDS a']);
  });

  it('[X9]: names do not end the implicit wildcard, giving up `*` does', () => {
    const client = synced();
    client.ask('CDS', { unsubscribe: ['*'] });
    expect(client.plan({ ...mesh, CDS: { a: '2', b: '2' } })).toEqual([]);
    expect(client.ask('CDS', { subscribe: ['*'] })).toEqual(['CDS a b', 'EDS a b']);
  });

  it('[X12]: another node id ends the stream', () => {
    const client = synced();
    client.ask('CDS', { node: 'node' });
    client.ask('CDS', { node: 'other' });
    expect(client.session).toMatchObject({ kind: 'ended', status: 'INVALID_ARGUMENT' });
  });

  it('limits names', () => {
    const client = synced();
    client.ask('EDS', { subscribe: Array.from({ length: 10_001 }, (_, i) => `n${i}`) });
    expect(client.session).toMatchObject({ kind: 'ended', status: 'RESOURCE_EXHAUSTED' });
  });
});

describe('reconnect [X11]', () => {
  it('sends nothing to a client that has everything', () => {
    const before = synced();
    const client = new Scripted(mesh);
    for (const type of ['CDS', 'LDS', 'VHDS'] as const) client.ask(type, { subscribe: ['*'], initialVersions: before.versions(type) });
    for (const type of ['EDS', 'RDS'] as const) {
      client.ask(type, { subscribe: Object.keys(before.versions(type)), initialVersions: before.versions(type) });
    }
    expect(client.sent).toEqual([]);
    expect(inStep(client.open)).toBe(true);
    expect(client.open.revision).toBe(1);
  });

  it('sends what differs, and removes at the end what is gone', () => {
    const before = synced();
    const now = { ...mesh, CDS: { a: '2' }, EDS: { a: '1' }, VHDS: { '80/a': 'a' } };
    const client = new Scripted(now);
    expect(client.ask('CDS', { subscribe: ['*'], initialVersions: before.versions('CDS') })).toEqual(['CDS a']);
    expect(client.ask('EDS', { subscribe: ['a', 'b'], initialVersions: before.versions('EDS') })).toEqual(['EDS a']);
    expect(client.ack('CDS')).toEqual([]);
    client.ack('EDS');
    client.ask('LDS', { subscribe: ['*'], initialVersions: before.versions('LDS') });
    client.ask('RDS', { subscribe: ['80'], initialVersions: before.versions('RDS') });
    expect(client.ask('VHDS', { subscribe: ['*'], initialVersions: before.versions('VHDS') })).toEqual(['VHDS -80/b']);
    expect(client.ack('VHDS')).toEqual(['CDS -b']);
    expect(client.ack('CDS')).toEqual(['EDS -b']);
  });
});
