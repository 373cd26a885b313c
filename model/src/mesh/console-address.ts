/** What people call the console, where a proxy that ends TLS stands before it: an annotation of the mesh's settings, so that nobody else can say it. */
import type { Problem } from '../problem.ts';
import type { Metadata } from '../resource.ts';
import { invalid } from '../rule.ts';
import { childPath } from '../yaml/json.ts';

type Annotations = Metadata['annotations'];

const name = 'mesh.weft.dev/console-address';

/** A whole host of its own: cookies and the policy of the console's pages are the host's. */
const form = /^https:\/\/[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::\d{2,5})?$/;

/** `https://host[:port]`. Undefined: it is reached at this machine's own addresses only. */
export const readConsoleAddress = (annotations: Annotations): string | undefined => {
  const address = annotations[name]?.toLowerCase();
  // As browsers write an origin: without the port that goes without saying.
  return address !== undefined && form.test(address) ? address.replace(/:443$/, '') : undefined;
};

export function* checkConsoleAddress(annotations: Annotations): Iterable<Problem> {
  if (annotations[name] !== undefined && readConsoleAddress(annotations) === undefined)
    yield invalid(
      childPath('metadata.annotations', name),
      `\`${annotations[name].slice(0, 80)}\` is no address of a console`,
      'Write `https://host` or `https://host:port`, as people type it, without a path.',
    );
}
