/** Makes a pod out of its specification and of what this node has: addresses, users, places, programs. */
import { rm } from 'node:fs/promises';
import path from 'node:path';
import { filesOf, type NodeView, type PodReport, type PodSpec } from '@weft/model';
import { AddressPool, meshAddress, meshAddress6, plainDnsAddress, plainDnsAddress6 } from '../addresses.ts';
import { rulesOf } from '../pod/capture.ts';
import { podNetwork } from '../pod/network.ts';
import { Pod } from '../pod/pod.ts';
import { Proxy, type ProxyInput, proxySockets } from '../pod/proxy.ts';
import type { Surroundings } from '../pod/visible.ts';
import { LogFile } from '../process/log-file.ts';
import { ownerOf } from '../records/owner.ts';
import type { Shipper } from '../records/shipper.ts';

export interface BuilderInput {
  readonly around: Surroundings;
  readonly envoy: string;
  /** Whether pods have IPv6 addresses too. */
  readonly dual: boolean;
  /** Directory of the pods' logs. */
  readonly logs: string;
  readonly serve: ProxyInput['serve'];
  readonly records: Pick<Shipper, 'open' | 'lost' | 'end'>;
  readonly now: () => number;
  readonly onChange: () => void;
  readonly endpointsGone: () => Promise<void>;
}

export interface PodBuilder {
  build(spec: PodSpec, mesh: Pick<NodeView, 'trustDomain' | 'clusterId' | 'dnsDomain'>): Pod;
  /** After the pod is gone: its address and files can go too. */
  forget(pod: Pod): Promise<void>;
}

/** Users that no system gives to anyone (systemd, "Users, Groups, UIDs and GIDs": unused ranges). */
const firstUser = 1_900_000_000;

interface Users {
  readonly proxy: number | undefined;
  readonly application: number | undefined;
}

const usersOf = (index: number, separate: boolean): Users =>
  separate ? { proxy: firstUser + 2 * index, application: firstUser + 2 * index + 1 } : { proxy: undefined, application: undefined };

export const podBuilder = (input: BuilderInput): PodBuilder => {
  const { around, envoy, dual, logs, serve, records, now, onChange, endpointsGone } = input;
  const addresses = new AddressPool();
  const indexes = new Map<PodReport['uid'], number>();

  const release = (uid: string): void => {
    const index = indexes.get(uid);
    if (index !== undefined) addresses.release(index);
    indexes.delete(uid);
  };

  const build: PodBuilder['build'] = (spec, mesh) => {
    release(spec.uid); // What an attempt that failed has kept.
    const { index, address, ipv6: second } = addresses.take(spec.uid);
    const ipv6 = dual ? second : undefined;
    indexes.set(spec.uid, index);
    const network = podNetwork(index, { address, ...(ipv6 !== undefined && { ipv6 }) });
    const users = usersOf(index, around.separateUsers);
    const logOf = (container: string): LogFile => new LogFile(`${logs}/${spec.namespace}_${spec.name}_${container}.log`);
    const proxy =
      spec.proxy !== 'none' &&
      new Proxy({
        ...{ pod: spec, mesh, place: around.place, network, envoy, serve, now },
        sockets: proxySockets(index),
        user: users.proxy,
        records: {
          open: () => records.open(ownerOf(spec)),
          lost: (spool, lines) => records.lost(spool, lines),
          end: (spool) => records.end(spool),
        },
        log: logOf('envoy'),
        onChange: () => pod.changed(),
      });
    const dnsAddresses = [proxy ? meshAddress : plainDnsAddress, ...(dual ? [proxy ? meshAddress6 : plainDnsAddress6] : [])];
    const facts = { pod: spec, address, ipv6, dnsAddresses, dnsDomain: mesh.dnsDomain, nodeDirectory: path.dirname(around.node) };
    const pod: Pod = new Pod({
      ...{ spec, network, now, onChange, endpointsGone },
      rules: rulesOf(spec),
      proxy: proxy || undefined,
      containers: spec.containers.map((container) => ({
        ...{ spec: container, facts, network, around, now },
        user: users.application,
        log: logOf(container.name),
      })),
    });
    return pod;
  };

  const forget: PodBuilder['forget'] = async (pod) => {
    const { uid } = pod.input.spec;
    release(uid);
    for (const { input: container } of pod.containers) container.log.remove();
    pod.proxy?.log.remove();
    await rm(filesOf(around.place).podState(uid), { recursive: true, force: true });
  };
  return { build, forget };
};
