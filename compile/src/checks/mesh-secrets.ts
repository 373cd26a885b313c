/** Secrets that annotations of the mesh's settings name: with which others are handed what is observed, and by which people log in. */
import {
  byAge,
  childPath,
  credentialFlaws,
  credentialsOf,
  doubtful,
  type NamedSecret,
  type Problem,
  type Resource,
  type SecretSpec,
  telemetrySecrets,
  wrong,
} from '@weft/model';
import type { Input } from '../passes/input.ts';
import { consoleProblems, consoleSecret } from './console-secret.ts';
import type { ObjectCheck } from './facts.ts';

const keys = 'Its keys are `token`, `username` and `password`, `header.NAME`, `ca.crt`, `tls.crt` and `tls.key`.';
const encrypted = 'Write an address with `https://` or `grpcs://`.';

const isLoopback = (address: string): boolean => /^http:\/\/(localhost|127\.[\d.]+|\[::1\])(:|\/|$)/i.test(address);

/** What leaves the machine as it is can be read by whoever stands on the way. */
const withoutTls = (spec: SecretSpec, address: string): readonly string[] => {
  const { headers, basic, authority, client } = credentialsOf(spec);
  return [
    ...(!isLoopback(address) && (basic || Object.keys(headers).length > 0)
      ? ['whoever stands on the way can read it: there is no TLS']
      : []),
    ...((authority ?? client) === undefined ? [] : ['certificates have no effect without TLS']),
  ];
};

const problemsOf = ({ annotation, secret: name, address }: NamedSecret, secret: Resource<SecretSpec> | undefined, root: string) => {
  const path = childPath('metadata.annotations', annotation);
  if (!secret) {
    const message = `there is no Secret \`${root}/${name.slice(0, 80)}\`: nothing is sent or asked there until there is`;
    return [wrong('IST0101', path, [message, 'Add it; a Secret is looked for in the root namespace.'])];
  }
  const flaws = credentialFlaws(secret.spec);
  if (flaws.length > 0)
    return flaws.map((flaw) => wrong('IST0101', path, [`Secret \`${name}\`: ${flaw}; nothing is sent or asked there`, keys]));
  return address.startsWith('http://')
    ? withoutTls(secret.spec, address).map((flaw): Problem => doubtful('WEFT0101', path, [flaw, encrypted]))
    : [];
};

export const meshConfigs = (input: Input): ObjectCheck<'MeshConfig'> => {
  const { rootNamespace } = input.settings;
  const own = input.of('Secret').filter(({ metadata }) => metadata.namespace === rootNamespace);
  const secrets = new Map(own.map((secret) => [secret.metadata.name, secret]));
  const named = (name: string) => secrets.get(name);
  // Of several settings the oldest are in force.
  const [chosen] = [...input.of('MeshConfig')].sort(byAge);
  return {
    kind: 'MeshConfig',
    reads: [],
    beside: () => input.of('Secret'),
    depends: (resource) => [
      resource === chosen,
      rootNamespace,
      ...telemetrySecrets(resource.metadata.annotations).map(({ secret }) => named(secret)),
      consoleSecret(resource.metadata.annotations, named),
    ],
    problems: (resource) =>
      resource === chosen
        ? [
            ...telemetrySecrets(resource.metadata.annotations).flatMap((one) => problemsOf(one, named(one.secret), rootNamespace)),
            ...consoleProblems(resource.metadata.annotations, named, rootNamespace),
          ]
        : [],
  };
};
