/**
 * Path templates of AuthorizationPolicies: `{*}` is one segment, `{**}` all that is left. Envoy 1.40 does not refuse a template that it
 * cannot read but aborts, so that what is taken here is less than what Istio's admission takes.
 */

export const isPathTemplate = (path: string): boolean => /[{}]/.test(path);

/** What may stand in a segment (RFC 3986's pchar, but for `*`). */
const literal = /^(?:[A-Za-z0-9._~!$&'()+,;:@=-]|%[0-9A-Fa-f]{2})+$/;

/** Envoy's limit, of the template as it is told. */
const maxTemplate = 256;

/** @returns why the path is no template that both Istio and Envoy can read */
export const templateFault = (path: string): string | undefined => {
  const shown = `\`${path.slice(0, 80)}\``;
  if (!path.startsWith('/')) return `the template ${shown} does not begin with \`/\``;
  if (path.replaceAll(/[{}]/g, '').length > maxTemplate) return `the template ${shown} has more than ${maxTemplate} characters`;
  // A slash at the end is a segment of its own for Envoy, and stands for nothing else.
  const segments = path.slice(1).replace(/\/$/, '').split('/');
  for (const [index, segment] of segments.entries()) {
    if (segment === '{*}') continue;
    if (segment === '{**}') {
      if (segments.slice(index + 1).some((later) => later.includes('{'))) return `\`{**}\` is not the last operator of ${shown}`;
      continue;
    }
    if (/[{}]/.test(segment)) return `\`{*}\` or \`{**}\` is not a whole segment of ${shown}`;
    if (!literal.test(segment)) return `the segment \`${segment.slice(0, 40)}\` of ${shown} is no plain text`;
  }
  return undefined;
};
