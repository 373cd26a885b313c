/** Trust domains in policies: the mesh's own and its aliases mean each other [S98] (pilot/pkg/security/trustdomain). */

/** The mesh's own first. */
export type TrustDomains = readonly [string, ...string[]];

/** Istio's word for "this mesh's", whatever it is called. */
const anyName = 'cluster.local';

const matches = (domain: string, pattern: string): boolean =>
  pattern === domain ||
  (pattern.startsWith('*') && domain.endsWith(pattern.slice(1))) ||
  (pattern.endsWith('*') && domain.startsWith(pattern.slice(0, -1)));

/** `cluster.local/ns/shop/sa/web` in each of the mesh's domains; what names none of them, or all (`*`), stays what it is. */
export const principalsOf = (principal: string, domains: TrustDomains): readonly string[] => {
  const [own = '', ...rest] = principal.split('/');
  if (rest.length !== 4 || own === '*') return [principal];
  if (own !== anyName && !domains.some((domain) => matches(domain, own))) return [principal];
  const isSuffix = own.startsWith('*');
  const all = domains.map((domain) => (isSuffix && matches(domain, own) ? principal : [domain, ...rest].join('/')));
  return [...new Set(all)];
};

export const trustDomainsOf = (domain: string, domains: TrustDomains): readonly string[] => (domains.includes(domain) ? domains : [domain]);
