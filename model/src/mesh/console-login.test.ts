import { expect, test } from 'vitest';
import { checkConsoleLogin, readConsoleLogin, roleOfGroups } from './console-login.ts';

const name = 'mesh.weft.dev/console-oidc';
const good = {
  [name]: 'https://login.example.com/realm',
  [`${name}-secret`]: 'oidc',
  [`${name}-roles`]: 'admin=mesh-admins, operator=a, viewer=*',
};

test('a provider, and the highest role that a group has', () => {
  expect([...checkConsoleLogin(good)]).toEqual([]);
  const login = readConsoleLogin(good);
  if (!login) throw new Error('it was not read');
  expect([['mesh-admins', 'a'], ['a'], [], ['admin']].map((groups) => roleOfGroups(login, groups))).toEqual([
    'admin',
    'operator',
    'viewer',
    'viewer',
  ]);
  expect(roleOfGroups({ ...login, roles: { ...login.roles, viewer: [] } }, [])).toBeUndefined();
});

test.each([
  [{ ...good, [name]: 'http://login.example.com' }, 'no issuer that can be asked'],
  [{ ...good, [name]: 'https://user:password@login.example.com' }, 'no issuer that can be asked'],
  [{ ...good, [`${name}-secret`]: '' }, 'is not there'],
  [{ ...good, [`${name}-roles`]: 'root=wheel' }, 'gives no role'],
  [{ ...good, [`${name}-roles`]: '' }, 'nobody would have a role'],
  [{ ...good, [`${name}-networks`]: 'here' }, ''],
  [{ [`${name}-roles`]: 'viewer=*' }, 'nobody vouches'],
])('%j is told to be wrong', (annotations, message) => {
  const problems = [...checkConsoleLogin(annotations as Record<string, string>)];
  expect(problems).toHaveLength(1);
  expect(problems[0]?.message).toContain(message);
});
