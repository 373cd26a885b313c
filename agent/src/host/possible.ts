/** Finds out, before anything is started, how namespaces can be had on this machine, or why not. */
import { access, constants } from 'node:fs/promises';
import { createServer } from 'node:net';
import { run, toolPath } from '../process/child.ts';

/** `root`: namespaces directly; `user`: inside a user namespace of one's own. */
export type Privilege = 'root' | 'user';

const programs: Readonly<Record<string, string>> = {
  ip: 'iproute2',
  'iptables-restore': 'iptables',
  nsenter: 'util-linux',
  unshare: 'util-linux',
  setpriv: 'util-linux',
  findmnt: 'util-linux',
  mount: 'mount',
};

const installed = async (program: string): Promise<boolean> => {
  for (const directory of toolPath.split(':')) {
    const found = await access(`${directory}/${program}`, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (found) return true;
  }
  return false;
};

export const missingPrograms = async (present: (program: string) => Promise<boolean> = installed): Promise<readonly string[]> => {
  const found = await Promise.all(Object.keys(programs).map(async (program) => [program, await present(program)] as const));
  return found.filter(([, here]) => !here).map(([program]) => program);
};

export const explainMissing = (missing: readonly string[]): string => {
  const packages = [...new Set(missing.map((program) => programs[program]))].join(' ');
  return `missing programs: ${missing.join(', ')}; install them (Debian: apt install ${packages})`;
};

const tryNamespaces = (userNamespace: readonly string[]): Promise<string | undefined> =>
  run(['unshare', ...userNamespace, '-n', '-m', '-p', '-i', '-u', '--fork', '--mount-proc', 'true']).then(
    () => undefined,
    (error: Error) => error.message,
  );

const elsewhere = 'run it as root, or in a virtual machine';

/** @returns how; throws one line that says what to do. */
export const possiblePrivilege = async (platform: string, uid: number): Promise<Privilege> => {
  if (platform !== 'linux')
    throw new Error(`a local mesh needs Linux's network namespaces, and this is ${platform}: run it in a Linux virtual machine`);
  const missing = await missingPrograms();
  if (missing.length > 0) throw new Error(explainMissing(missing));
  const asRoot = uid === 0 ? await tryNamespaces([]) : 'not root';
  if (asRoot === undefined) return 'root';
  const asUser = await tryNamespaces(['-U', '-r']);
  if (asUser === undefined) return 'user';
  throw new Error(
    `user namespaces are forbidden here (${asUser}): allow them (sysctl kernel.apparmor_restrict_unprivileged_userns=0, ` +
      `kernel.unprivileged_userns_clone=1 or user.max_user_namespaces=10000, whichever this system has), or ${elsewhere}`,
  );
};

/** Whether a port of the host's loopback can be bound; the reason if not. */
export const portProblem = (port: number, loopback = '127.0.0.1'): Promise<string | undefined> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE')
        resolve(`port ${port} on ${loopback} is in use; stop what has it, or choose another port for the gateway`);
      else if (error.code === 'EACCES') resolve(`port ${port} may not be opened by this user; choose one above 1023 for the gateway`);
      else resolve(`port ${port} on ${loopback} cannot be opened: ${error.message}`);
    });
    server.listen(port, loopback, () => server.close(() => resolve(undefined)));
  });
