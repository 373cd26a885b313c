/** Names of Secrets, as gateways' servers and clients' policies say them. */
import type { Problem } from '../problem.ts';
import { invalid } from '../rule.ts';

const scheme = /^kubernetes:\/\//;
const form = /^([a-z0-9]([-a-z0-9]*[a-z0-9])?\/)?[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/;

/** Without `kubernetes://`, which may stand before it. */
export const bareSecretName = (text: string): string => text.replace(scheme, '');

interface NameOptions {
  /** A certificate and its key are wanted, and not only a CA. */
  readonly pair: boolean;
}

/** Proxies ask for Secrets by these names, and for a Secret's CA by `<name>-cacert` (Istio's `SdsCaSuffix`). */
export function* checkSecretName(name: string | undefined, path: string, { pair }: NameOptions): Iterable<Problem> {
  if (!name) return;
  const bare = bareSecretName(name);
  if (!form.test(bare))
    yield invalid(
      path,
      `\`${name.slice(0, 80)}\` is no name of a Secret`,
      "Write the name of a Secret in the namespace of the proxy's pods.",
    );
  else if (pair && bare.endsWith('-cacert'))
    yield invalid(path, `\`${name.slice(0, 80)}\`: by names that end in \`-cacert\` proxies ask for a CA only`, 'Rename the Secret.');
}
