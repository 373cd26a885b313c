/**
 * What an application sees of the file system, as a shell script that runs in its new mount namespace while capabilities are
 * still there. Pure. Homes, /tmp and /run are empty ones of its own; what it needs from below them is shown again, read-only;
 * the mesh's own directories stay hidden even where a shown directory contains them [E9].
 */
import { inside } from '../host/launch.ts';

export interface View {
  readonly hostname: string;
  /** Directories replaced by empty ones. */
  readonly covers: readonly string[];
  /** Paths that must be seen although they lie below a cover; read-only. */
  readonly shows: readonly string[];
  /** Paths in sight that must not be changed by a workload of the same user: the proxy's and agent's programs. */
  readonly guards: readonly string[];
  /** Directories with keys and sockets; hidden last of all. */
  readonly secrets: readonly string[];
  /** Replaced files of /etc: path -> text. */
  readonly files: Readonly<Record<string, string>>;
}

/** For sh: nothing inside single quotes is special but the quote. */
export const quote = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`;

/** `remount` in a user namespace must repeat the flags that the mount has, or the kernel refuses it. */
const functions = `set -e
umask 022
empty() { mount -n -t tmpfs -o "mode=$1,nosuid,nodev" weft "$2"; }
readonly_mount() { flags=$(findmnt -n -o VFS-OPTIONS -T "$1"); flags=\${flags#r?}; mount -n -o "remount,bind,ro$flags" "$1"; }
guard() { mount -n --bind "$1" "$1"; readonly_mount "$1"; }
show() {
  if [ -d "${inside.stage}$1" ]; then mkdir -p "$1"; else mkdir -p "\${1%/*}"; [ -e "$1" ] || : > "$1"; fi
  mount -n --bind "${inside.stage}$1" "$1"
  readonly_mount "$1"
}
hide() { if [ -d "$1" ]; then empty 0755 "$1"; fi; }
replace() { target=$(readlink -m "$2"); mkdir -p "\${target%/*}"; [ -e "$target" ] || : > "$target"; mount -n --bind "$1" "$target"; }
`;

const isBelow = (path: string, directory: string): boolean => path === directory || path.startsWith(`${directory}/`);

/** A cover below another is covered already. */
const outermost = (paths: readonly string[]): readonly string[] =>
  [...new Set(paths)].filter((path) => !paths.some((other) => other !== path && isBelow(path, other))).sort();

const temporary = ['/tmp', '/dev/shm'];

export const viewScript = ({ hostname, covers, shows, guards, secrets, files }: View): string => {
  const hidden = outermost([...temporary, ...covers]);
  const covered = (path: string): boolean => hidden.some((directory) => isBelow(path, directory));
  const shown = outermost(shows.filter(covered));
  const seen = [...guards, ...shows].filter((path) => !covered(path));
  const copies = Object.entries(files).map(([path, text], index) => ({ path, text, copy: `/run/etc/${index}` }));
  return [
    functions,
    `mount -n --rbind / ${inside.stage}`,
    ...hidden.map((path) => `empty ${temporary.includes(path) ? '1777' : '0755'} ${quote(path)}`),
    ...shown.map((path) => `show ${quote(path)}`),
    ...outermost(seen).map((path) => `guard ${quote(path)}`),
    ...outermost(secrets).map((path) => `hide ${quote(path)}`),
    `umount -n -l ${inside.stage}`,
    'empty 0755 /run',
    'mkdir /run/etc',
    ...copies.flatMap(({ path, text, copy }) => [`printf %s ${quote(text)} > ${copy}`, `replace ${copy} ${quote(path)}`]),
    'mount -n -t proc -o nosuid,nodev,noexec proc /proc',
    // Network settings belong to the namespace's owner, which rootless is the application's own user: it could make
    // accepted connections inherit the proxy's mark.
    'guard /proc/sys',
    `hostname ${quote(hostname)} 2>/dev/null || :`,
    'exec "$@"',
  ].join('\n');
};
