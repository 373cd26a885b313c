/** What a container's process finds in its environment and in /etc. Pure. */
import type { ContainerSpec, PodSpec } from '@weft/model';
import { meshAddress } from '../addresses.ts';

export interface PodFacts {
  readonly pod: PodSpec;
  readonly address: string;
  readonly ipv6: string | undefined;
  /** Of each family that the pod has. */
  readonly dnsAddresses: readonly string[];
  /** `cluster.local` */
  readonly dnsDomain: string;
  /** Comes first in PATH, so that `node` is the version that Weft itself runs on. */
  readonly nodeDirectory: string;
}

const systemPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** What only the agent knows of the pod, as Kubernetes' downward API says it. */
const valueOf = ({ value, field }: ContainerSpec['env'][number], { address, ipv6 }: PodFacts): string => {
  if (field === 'podIP') return address;
  if (field === 'podIPs') return ipv6 === undefined ? address : `${address},${ipv6}`;
  return field === 'hostIP' ? meshAddress : value;
};

/** The container's own variables win. */
export const environmentOf = (container: ContainerSpec, facts: PodFacts): Readonly<Record<string, string>> => ({
  PATH: `${facts.nodeDirectory}:${systemPath}`,
  HOME: '/tmp',
  USER: 'app',
  LANG: 'C.UTF-8',
  HOSTNAME: facts.pod.name,
  POD_NAME: facts.pod.name,
  POD_NAMESPACE: facts.pod.namespace,
  POD_IP: facts.address,
  SERVICE_ACCOUNT: facts.pod.serviceAccount,
  PYTHONUNBUFFERED: '1', // Output into a pipe would come in blocks, and the logs late.
  ...Object.fromEntries(container.env.map((variable) => [variable.name, valueOf(variable, facts)])),
});

/** `$(NAME)` in command and args, as Kubernetes expands it: unknown names stay, `$$` is a dollar. */
export const expandReferences = (word: string, env: Readonly<Record<string, string>>): string =>
  word.replace(/\$\$|\$\(([A-Za-z_][-A-Za-z0-9_.]*)\)/g, (match, name: string | undefined) => {
    if (name === undefined) return '$';
    return Object.hasOwn(env, name) ? (env[name] ?? match) : match;
  });

/** The host's name services (mDNS, systemd-resolved) know nothing of the mesh and would answer first. */
const nameServices = 'passwd: files\ngroup: files\nhosts: files dns\nservices: files\nprotocols: files\n';

export const etcFiles = ({ pod, address, ipv6, dnsAddresses, dnsDomain }: PodFacts): Readonly<Record<string, string>> => ({
  '/etc/resolv.conf': [
    ...dnsAddresses.map((server) => `nameserver ${server}`),
    `search ${pod.namespace}.svc.${dnsDomain} svc.${dnsDomain} ${dnsDomain}`,
    'options ndots:5',
    '',
  ].join('\n'),
  '/etc/hosts': `127.0.0.1 localhost\n::1 localhost\n${[address, ipv6].flatMap((own) => (own ? [`${own} ${pod.name}\n`] : [])).join('')}`,
  '/etc/nsswitch.conf': nameServices,
});
