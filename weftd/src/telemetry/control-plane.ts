/**
 * What weftd says of itself, in the words of Istio's boards: they ask for `app="istiod"`, since there Prometheus puts labels of pods on what it
 * scrapes.
 */
import { readdirSync, readFileSync } from 'node:fs';
import type { Family, Labels } from '@weft/signals';
import type { Expiry } from '../ca/expiries.ts';

export interface ControlPlane {
  readonly version: string;
  /** Of proxies that are connected now. */
  readonly connected: readonly { readonly namespace: string; readonly name: string }[];
}

interface Told {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge';
}

type Value = readonly [labels: Labels, value: number];

const family = ({ name, help, type }: Told, values: readonly Value[]): Family => ({
  name: type === 'counter' ? name.replace(/_total$/, '') : name,
  type,
  help,
  samples: values.map(([labels, value]) => ({ name, labels, value })),
});

const gauge = (name: string, help: string, ...values: readonly Value[]): Family => family({ name, help, type: 'gauge' }, values);

const app = { app: 'istiod' };

/** Only Linux tells these. */
const ofLinux = (): readonly Family[] => {
  try {
    const pages = Number(readFileSync('/proc/self/statm', 'utf8').split(' ')[0]);
    return [
      gauge('process_virtual_memory_bytes', 'Virtual memory of weftd.', [app, pages * 4096]),
      gauge('process_open_fds', 'Files and sockets that weftd has open.', [app, readdirSync('/proc/self/fd').length]),
    ];
  } catch {
    return [];
  }
};

const ofProcess = (): readonly Family[] => {
  const { user, system } = process.cpuUsage();
  const cpu = { name: 'process_cpu_seconds_total', help: 'Time of processors that weftd used.', type: 'counter' } as const;
  return [
    family(cpu, [[app, (user + system) / 1e6]]),
    gauge('process_resident_memory_bytes', 'Memory of weftd.', [app, process.memoryUsage.rss()]),
    ...ofLinux(),
  ];
};

/** Of the mesh's own roots the one that ends first. */
export const authorityMetrics = (expiries: readonly Expiry[]): readonly Family[] => {
  const own = expiries.filter(({ namespace }) => namespace === '').map(({ notAfter }) => notAfter / 1000);
  if (own.length === 0) return [];
  return [
    gauge('citadel_server_root_cert_expiry_timestamp', 'When the mesh’s root certificate ends; Unix seconds.', [app, Math.min(...own)]),
  ];
};

export const controlPlaneMetrics = ({ version, connected }: ControlPlane): readonly Family[] => [
  gauge(
    'istio_build',
    'What runs, by component and version.',
    [{ component: 'pilot', tag: version, ...app }, 1],
    ...connected.map(({ namespace, name }) => [{ component: 'proxy', tag: version, namespace, pod: name }, 1] as const),
  ),
  gauge('pilot_xds', 'Proxies that take their configuration from weftd.', [{ version, ...app }, connected.length]),
  ...ofProcess(),
];
