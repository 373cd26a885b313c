/** A CA in a directory of its own, a clock to turn and a registry to change: for the tests of this folder. */

import { randomBytes, type webcrypto } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PodSpec } from '@weft/model';
import type { Instance, Registry } from '../registry.ts';
import { type Ca, type CaInput, openCa } from './ca.ts';
import type { Caller } from './caller.ts';
import { makeKeys, signingAlgorithm, x509 } from './x509.ts';

export const instance = (namespace: string, name: string, more: Partial<PodSpec> = {}): Instance => ({
  pod: {
    name,
    namespace,
    uid: `uid-${namespace}-${name}`,
    serviceAccount: 'default',
    labels: { app: 'web', version: 'v1.2' },
    annotations: {},
    workload: { kind: 'Deployment', name: 'web' },
    containers: [],
    terminationGracePeriodSeconds: 30,
    proxy: 'sidecar',
    ...more,
  },
  address: '10.244.0.5',
  ready: true,
});

export interface Fixture {
  readonly ca: Ca;
  readonly directory: string;
  readonly clock: { time: number };
  readonly instances: Instance[];
  reopen(more?: Partial<CaInput>): Promise<Ca>;
  close(): Promise<void>;
}

export const makeFixture = async (more: Partial<CaInput> = {}): Promise<Fixture> => {
  const parent = await mkdtemp(join(tmpdir(), 'weft-ca-'));
  const directory = join(parent, 'ca');
  const clock = { time: Date.now() };
  const instances: Instance[] = [];
  const registry: Registry = {
    find: (namespace, name) => instances.find(({ pod }) => pod.namespace === namespace && pod.name === name),
    list: () => instances,
  };
  const opened: Ca[] = [];
  const open = async (again: Partial<CaInput> = {}): Promise<Ca> => {
    const powers = { registry, now: () => clock.time, random: randomBytes, logger: { warn: () => {} } };
    const ca = await openCa(directory, { trustDomain: 'cluster.local', cluster: 'east', ...powers, ...more, ...again });
    opened.push(ca);
    return ca;
  };
  return {
    ca: await open(),
    directory,
    clock,
    instances,
    reopen: open,
    close: async () => {
      for (const ca of opened) await ca.close();
      await rm(parent, { recursive: true });
    },
  };
};

export interface CsrWish {
  readonly keys?: webcrypto.CryptoKeyPair;
  readonly subject?: string;
  readonly extensions?: x509.Extension[];
}

export const makeCsr = async ({ keys, subject = 'CN=x', extensions = [] }: CsrWish = {}): Promise<string> => {
  const request = { name: subject, keys: keys ?? (await makeKeys()), signingAlgorithm, extensions };
  return (await x509.Pkcs10CertificateRequestGenerator.create(request)).toString('pem');
};

/** The caller behind `instance('shop', 'web-1')`, by its token. */
export const webCaller: Caller = {
  identity: { trustDomain: 'cluster.local', namespace: 'shop', serviceAccount: 'default' },
  instance: { name: 'web-1', uid: 'uid-shop-web-1' },
  by: 'token',
};
