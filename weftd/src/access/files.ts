/** Tokens that lie beside the store, one for each of these roles: for programs on the same machine. */
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { newSecret, type RandomBytes } from './secret.ts';

export type FileRole = 'admin' | 'viewer' | 'scraper';

export type FileTokens = Readonly<Record<FileRole, string>>;

/** Made at the first start, kept afterwards. @param files each token's own */
export const openTokens = ({ admin, viewer, scraper }: Readonly<Record<FileRole, string>>, random: RandomBytes): FileTokens => {
  const tokenIn = (path: string): string => {
    if (!existsSync(path)) writeFileSync(path, `${newSecret(random)}\n`, { mode: 0o600, flag: 'wx' });
    chmodSync(path, 0o600);
    const token = readFileSync(path, 'utf8').trim();
    if (token.length < 32) throw new Error(`${path} holds no token; delete it, and a new one is made`);
    return token;
  };
  return { admin: tokenIn(admin), viewer: tokenIn(viewer), scraper: tokenIn(scraper) };
};
