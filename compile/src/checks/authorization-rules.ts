/**
 * Rules of AuthorizationPolicies that say less than they seem to: paths that servers also know by another spelling, and callers who are
 * allowed for who they are not (Istio's "security best practices").
 */
import { type AuthorizationPolicySpec, doubtful, isPathTemplate, type Problem, type Resource } from '@weft/model';
import type { HttpMatch, Routing } from '../mesh/index.ts';
import type { Facts } from './facts.ts';

type Policy = Resource<AuthorizationPolicySpec>;

/** A path that a policy keeps out. */
interface Excluded {
  readonly at: string;
  readonly value: string;
}

/** What DENY and CUSTOM name, and what ALLOW excepts. */
const excludedBy = ({ spec: { action = 'ALLOW', rules = [] } }: Policy): readonly Excluded[] => {
  if (action === 'AUDIT') return [];
  const field = action === 'ALLOW' ? 'notPaths' : 'paths';
  return rules.flatMap(({ to = [] }, rule) =>
    to.flatMap(({ operation }, entry) =>
      (operation?.[field] ?? []).map((value, index) => ({ at: `spec.rules[${rule}].to[${entry}].operation.${field}[${index}]`, value })),
    ),
  );
};

const covers = (value: string, path: string): boolean => {
  if (value.endsWith('*')) return path.startsWith(value.slice(0, -1));
  return value.startsWith('*') ? path.endsWith(value.slice(1)) : value === path;
};

const isExact = (value: string): boolean => /^\/[^*?#]+$/.test(value) && !isPathTemplate(value);

/** Of a page or a folder: files and gRPC methods have no other form. */
const mayEndInSlash = (value: string): boolean => !value.endsWith('/') && !/\.[^/]*$/.test(value) && !/^\/[\w.]*\.\w+\/\w+$/.test(value);

const withoutSlash = (all: readonly Excluded[], isLikeIstio: boolean): readonly Problem[] =>
  all
    .filter(({ value }) => isExact(value) && mayEndInSlash(value) && !all.some((other) => covers(other.value, `${value}/`)))
    .map(({ at, value }) => {
      const forms = isLikeIstio ? `\`${value}/\` and \`${value};a\` pass` : `\`${value}/\` passes`;
      return doubtful('IST0133', at, [
        `\`${value}\` is kept out as it stands only: ${forms}, which many servers take for the same`,
        `Name \`${value}/\` too, or \`${value}/*\` for all that is below it${isLikeIstio ? `, and \`${value};*\`` : ''}.`,
      ]);
    });

const withParameters = (all: readonly Excluded[]): readonly Problem[] =>
  all
    .filter(({ value }) => value.includes(';'))
    .map(({ at, value }) =>
      doubtful('IST0133', at, [
        `\`${value}\` is kept out, and its path without what stands behind \`;\` passes, which many servers take for the same`,
        'Write the path without parameters: they are kept out with it.',
      ]),
    );

interface Ignoring {
  readonly routing: Routing;
  readonly uri: Exclude<HttpMatch['uri'], undefined>;
}

const ignoringOf = (routing: Routing): readonly Ignoring[] =>
  routing.rules.flatMap(({ matches }) =>
    matches.flatMap(({ match: { uri, ignoreUriCase } }) => (uri && ignoreUriCase && uri.kind !== 'regex' ? [{ routing, uri }] : [])),
  );

/** Routes that take paths in any case. */
const ignoring = ({ mesh: { memo, routings } }: Facts): readonly Ignoring[] =>
  memo('routes in any case', [routings], () => routings.flatMap(ignoringOf));

const meets = (value: string, { uri }: Ignoring): boolean => {
  if (uri.kind !== 'exact' && uri.kind !== 'prefix') return false;
  const [path, routed] = [value.toLowerCase(), uri.value.toLowerCase()];
  if (uri.kind === 'exact') return covers(path, routed);
  return path.endsWith('*') && routed.startsWith(path.slice(0, -1)) ? true : path.startsWith(routed);
};

const inAnyCase = (all: readonly Excluded[], routes: readonly Ignoring[]): readonly Problem[] =>
  all.flatMap(({ at, value }) => {
    const found = /[a-z]/i.test(value) ? routes.find((route) => meets(value, route)) : undefined;
    if (!found) return [];
    return [
      doubtful('IST0133', at, [
        `VirtualService \`${found.routing.key}\` takes this path in any case (\`ignoreUriCase\`), and the policy keeps it out as it is written only`,
        'Leave `ignoreUriCase` out, or allow what may come (ALLOW) rather than keeping out what may not.',
      ]),
    ];
  });

const positive = ['principals', 'namespaces', 'serviceAccounts', 'trustDomains'];
const negative = ['notPrincipals', 'notNamespaces', 'notServiceAccounts', 'notTrustDomains'];

const allowedForOthers = ({ spec: { action = 'ALLOW', rules = [] } }: Policy, isLikeIstio: boolean): readonly Problem[] => {
  if (action !== 'ALLOW') return [];
  return rules.flatMap(({ from = [] }, rule) =>
    from.flatMap(({ source = {} }, entry) => {
      const said = Object.keys(source);
      const field = said.find((name) => negative.includes(name));
      if (field === undefined || said.some((name) => positive.includes(name))) return [];
      return [
        doubtful('IST0133', `spec.rules[${rule}].from[${entry}].source.${field}`, [
          `allows whoever is none of these: every other workload of the mesh${isLikeIstio ? ', and who shows no certificate' : ''}`,
          'Name who may come in, or keep these out by a policy with action DENY.',
        ]),
      ];
    }),
  );
};

/** What `rulesProblems` looks at beside the object. */
export const ruleInputs = (facts: Facts): readonly unknown[] => [ignoring(facts), facts.mesh.rules.compatibility];

export const ruleProblems = (resource: Policy, facts: Facts): readonly Problem[] => {
  const isLikeIstio = facts.mesh.rules.compatibility === 'istio';
  const all = excludedBy(resource);
  return [
    ...withoutSlash(all, isLikeIstio),
    ...withParameters(all),
    ...inAnyCase(all, ignoring(facts)),
    ...allowedForOthers(resource, isLikeIstio),
  ];
};
