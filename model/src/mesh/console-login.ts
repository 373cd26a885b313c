/** Who else vouches for people at the console: an OpenID provider of the administrator's choice, in annotations of the mesh's settings. */
import { type PersonRole, personRoles } from '../access.ts';
import { doubtful, type Problem } from '../problem.ts';
import type { Metadata } from '../resource.ts';
import { invalid } from '../rule.ts';
import { cidrFault, network } from '../text/host.ts';
import { childPath } from '../yaml/json.ts';

export interface ConsoleLogin {
  readonly issuer: string;
  /** Of the Secret in the root namespace that holds `client-id` and `client-secret`. */
  readonly secret: string;
  /** The groups of each role; `*` is everybody whom the provider knows. */
  readonly roles: Readonly<Record<PersonRole, readonly string[]>>;
  /** The claim that holds a person's groups. */
  readonly groupsClaim: string;
  /** CIDR blocks of addresses inside, where the provider may be all the same. */
  readonly networks: readonly string[];
}

type Annotations = Metadata['annotations'];

const issuerName = 'mesh.weft.dev/console-oidc';
export const consoleSecretName = `${issuerName}-secret`;
const rolesName = `${issuerName}-roles`;
const claimName = `${issuerName}-groups-claim`;
const networksName = `${issuerName}-networks`;

const listed = (text: string | undefined): readonly string[] => (text ?? '').split(/[\s,]+/).filter(Boolean);

/** Over the network only what nobody can read or change on its way; on this machine there is no such way. */
const issuerForm = /^(?:https:\/\/[\w.-]+|http:\/\/(?:127\.0\.0\.1|localhost|\[::1\]))(?::\d{1,5})?(?:\/[\w./~%-]*)?$/;

const isRole = (text: string): text is PersonRole => personRoles.some((role) => role === text);

const grantsIn = (text: string | undefined): readonly { readonly role: string; readonly group: string }[] =>
  listed(text).map((pair) => {
    const at = pair.indexOf('=');
    return { role: pair.slice(0, Math.max(0, at)), group: pair.slice(at + 1) };
  });

/** What cannot be read counts as not written; undefined: nobody else vouches. */
export const readConsoleLogin = (annotations: Annotations): ConsoleLogin | undefined => {
  const [issuer = '', secret = ''] = [annotations[issuerName], annotations[consoleSecretName]];
  if (!issuerForm.test(issuer) || secret === '') return undefined;
  const grants = grantsIn(annotations[rolesName]);
  const groups = (role: PersonRole): readonly string[] => grants.filter((one) => one.role === role).map(({ group }) => group);
  return {
    issuer,
    secret,
    roles: { viewer: groups('viewer'), operator: groups('operator'), admin: groups('admin') },
    groupsClaim: annotations[claimName] ?? 'groups',
    networks: listed(annotations[networksName])
      .filter((block) => cidrFault(block) === undefined)
      .map(network),
  };
};

/** The highest that one of the groups has. Undefined: none has any. */
export const roleOfGroups = ({ roles }: ConsoleLogin, groups: readonly string[]): PersonRole | undefined =>
  personRoles.findLast((role) => roles[role].some((group) => group === '*' || groups.includes(group)));

const path = (annotation: string): string => childPath('metadata.annotations', annotation);

export function* checkConsoleLogin(annotations: Annotations): Iterable<Problem> {
  const issuer = annotations[issuerName];
  if (issuer === undefined) {
    for (const name of [consoleSecretName, rolesName, claimName, networksName])
      if (annotations[name] !== undefined)
        yield doubtful('WEFT0101', path(name), [`nobody vouches: \`${issuerName}\` is not there`, 'Name the provider, or remove it.']);
    return;
  }
  if (!issuerForm.test(issuer))
    yield invalid(path(issuerName), 'no issuer that can be asked', 'Write `https://host/path`, without user, password and query.');
  if (!annotations[consoleSecretName])
    yield invalid(
      path(issuerName),
      `\`${consoleSecretName}\` is not there`,
      'Name a Secret of the root namespace with client-id and client-secret.',
    );
  const grants = grantsIn(annotations[rolesName]);
  for (const { role, group } of grants)
    if (!isRole(role) || group === '')
      yield invalid(
        path(rolesName),
        `\`${`${role}=${group}`.slice(0, 80)}\` gives no role`,
        'Write `admin=GROUP, operator=GROUP, viewer=*`.',
      );
  if (grants.length === 0) yield invalid(path(issuerName), 'nobody would have a role', `Say in \`${rolesName}\` which groups have which.`);
  for (const block of listed(annotations[networksName])) {
    const fault = cidrFault(block);
    if (fault) yield invalid(path(networksName), fault, 'Write addresses and CIDR blocks, separated by commas.');
  }
}
