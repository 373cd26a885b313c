import { doubtful, type Problem } from '../problem.ts';
import type { Metadata } from '../resource.ts';

/** Namespaces carry labels (`istio-injection`), which are metadata; the spec says nothing that we read. */
export type NamespaceSpec = Readonly<Record<string, unknown>>;

/** Istio reads `istio-injection` as `enabled` or `disabled`; anything else counts as not said. */
export function* checkNamespace({ labels }: Metadata): Iterable<Problem> {
  const injection = labels['istio-injection'];
  if (injection !== undefined && injection !== 'enabled' && injection !== 'disabled') {
    yield doubtful('WEFT0102', 'metadata.labels.istio-injection', [
      `\`${injection}\` is neither \`enabled\` nor \`disabled\`, so it says nothing`,
      'Write `enabled` for sidecars.',
    ]);
  }
}
