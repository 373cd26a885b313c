/** Tokens by name (shapes: `model/src/access.ts`). Those of workloads are another matter: `node.ts`. */
import { roles, type TokenCreation } from '@weft/model';
import { Type } from 'typebox';
import { fileNames } from '../access/access.ts';
import { type ApiParts, Refusal, type Routes } from './routes.ts';

const tokenCreation = Type.Object(
  {
    name: Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$' }),
    role: Type.Enum([...roles]),
    expires: Type.Optional(Type.Integer({ minimum: 0 })),
  },
  { additionalProperties: false },
);

const refuseBad = ({ name, expires }: TokenCreation): void => {
  if (Object.values(fileNames).includes(name)) throw new Refusal(409, `${name} is the name of a token that lies in weftd's home`);
  if (expires !== undefined && expires <= Date.now()) throw new Refusal(422, 'the token would have expired already');
};

const revoke = async ({ access }: ApiParts, name: string): Promise<void> => {
  if (Object.values(fileNames).includes(name))
    throw new Refusal(409, `${name} lies in weftd's home: delete the file and restart weftd, and another is made`);
  if (!(await access.tokens.revoke(name))) throw new Refusal(404, `there is no token ${name.slice(0, 80)}`);
  await access.sessions.end(({ token }) => token === name);
};

export const tokenRoutes: Routes = (server, parts) => {
  const { tokens } = parts.access;
  server.get('/access/tokens', { config: { role: 'admin' } }, () => ({ items: tokens.list() }));
  server.post<{ Body: TokenCreation }>(
    '/access/tokens',
    { config: { role: 'admin', audit: 'create-token' }, schema: { body: tokenCreation } },
    async (request) => {
      const { body, caller } = request;
      request.about = `${body.name}, ${body.role}`;
      refuseBad(body);
      const created = await tokens.create(body, caller?.user ?? '');
      if (!created) throw new Refusal(409, `there is a token ${body.name} already: revoke it, or choose another name`);
      return created;
    },
  );
  server.delete<{ Params: { name: string } }>(
    '/access/tokens/:name',
    { config: { role: 'admin', audit: 'revoke-token' } },
    async ({ params }) => {
      await revoke(parts, params.name);
      return {};
    },
  );
};
