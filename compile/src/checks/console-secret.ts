/** The Secret by which the console proves to an OpenID provider who asks: annotations of the mesh's settings name it. */
import {
  childPath,
  consoleSecretName,
  type Problem,
  type Resource,
  readConsoleLogin,
  type SecretSpec,
  secretText,
  wrong,
} from '@weft/model';

type Named = (name: string) => Resource<SecretSpec> | undefined;

type Annotations = Resource['metadata']['annotations'];

/** Those of the root namespace, by name. */
export const consoleSecret = (annotations: Annotations, named: Named): Resource<SecretSpec> | undefined => {
  const login = readConsoleLogin(annotations);
  return login && named(login.secret);
};

export const consoleProblems = (annotations: Annotations, named: Named, root: string): readonly Problem[] => {
  const login = readConsoleLogin(annotations);
  if (!login) return [];
  const path = childPath('metadata.annotations', consoleSecretName);
  const secret = named(login.secret);
  const name = `\`${root}/${login.secret.slice(0, 80)}\``;
  if (!secret) {
    const message = `there is no Secret ${name}: nobody can log in at ${login.issuer} until there is`;
    return [wrong('IST0101', path, [message, 'Add it, with `client-id` and `client-secret`; it is looked for in the root namespace.'])];
  }
  if (secretText(secret.spec, 'client-id')?.trim()) return [];
  return [
    wrong('IST0101', path, [
      `Secret ${name} has no \`client-id\`: nobody can log in at ${login.issuer}`,
      'Add the name that this client has there.',
    ]),
  ];
};
