/**
 * Which file says what about which object. Pure bookkeeping: files in, claims out.
 *
 * A file claims the objects that `parse` found in it, whole or broken. Of several files that claim one object the first
 * by path wins; the others are told so.
 */
import type { Finding, ObjectRef, Parsed, Resource } from '@weft/model';
import { refKey, refOf } from '@weft/model';

export interface Claim {
  readonly file: string;
  readonly ref: ObjectRef;
  /** Absent: the file names the object, but what it says of it is broken. */
  readonly resource?: Resource;
  readonly line?: number;
}

export interface Claims {
  /** @returns keys of all objects that the file claims, or claimed before. */
  set(file: string, manifest: Parsed): ReadonlySet<string>;
  /** The file is gone. @returns keys of all objects that it claimed. */
  delete(file: string): ReadonlySet<string>;
  /** The claim in force for an object. */
  of(key: string): Claim | undefined;
  /** Part of the file could not be read far enough to know the objects in it: none of its objects may be taken for deleted. */
  isUncertain(file: string): boolean;
  has(file: string): boolean;
  /** All that is wrong with the files, objects claimed twice included. */
  findings(): readonly Finding[];
}

const lineOf = (findings: readonly Finding[], key: string): number | undefined =>
  findings.find(({ resource, severity }) => severity === 'error' && resource && refKey(resource) === key)?.line;

const claimsOf = (file: string, { resources, rejected, findings }: Parsed): ReadonlyMap<string, Claim> => {
  const claims = new Map<string, Claim>();
  for (const resource of resources) {
    const line = resource.origin.source === 'file' ? resource.origin.line : undefined;
    claims.set(refKey(refOf(resource)), { file, ref: refOf(resource), resource, ...(line !== undefined && { line }) });
  }
  for (const ref of rejected) {
    const key = refKey(ref);
    if (claims.has(key)) continue;
    const line = lineOf(findings, key);
    claims.set(key, { file, ref, ...(line !== undefined && { line }) });
  }
  return claims;
};

const place = (claim: Claim): string => (claim.line === undefined ? claim.file : `${claim.file}:${claim.line}`);

const claimedTwice = (loser: Claim, winner: Claim): Finding => ({
  code: 'WEFT0014',
  severity: 'error',
  resource: loser.ref,
  path: '',
  message: `${loser.ref.kind} ${loser.ref.name} also stands in ${place(winner)}, which is in force because its path comes first`,
  help: 'Remove one of the two.',
  file: loser.file,
  ...(loser.line !== undefined && { line: loser.line }),
});

const byFile = (a: Claim, b: Claim): number => (a.file < b.file ? -1 : 1);

export const createClaims = (): Claims => {
  const manifests = new Map<string, Parsed>();
  const byObject = new Map<string, readonly Claim[]>();
  /** Keys that more than one file claims. */
  const contested = new Set<string>();

  const put = (key: string, claims: readonly Claim[]): void => {
    if (claims.length === 0) byObject.delete(key);
    else byObject.set(key, claims);
    if (claims.length > 1) contested.add(key);
    else contested.delete(key);
  };
  const withdraw = (file: string): Set<string> => {
    const old = manifests.get(file);
    const keys = new Set(old ? claimsOf(file, old).keys() : []);
    for (const key of keys)
      put(
        key,
        (byObject.get(key) ?? []).filter((claim) => claim.file !== file),
      );
    manifests.delete(file);
    return keys;
  };
  const twice = (): readonly Finding[] =>
    [...contested].flatMap((key) => {
      const [winner, ...losers] = byObject.get(key) ?? [];
      return winner ? losers.map((loser) => claimedTwice(loser, winner)) : [];
    });

  return {
    set: (file, manifest) => {
      const keys = withdraw(file);
      manifests.set(file, manifest);
      for (const [key, claim] of claimsOf(file, manifest)) {
        put(key, [...(byObject.get(key) ?? []), claim].sort(byFile));
        keys.add(key);
      }
      return keys;
    },
    delete: withdraw,
    of: (key) => byObject.get(key)?.[0],
    isUncertain: (file) => manifests.get(file)?.unreadable ?? false,
    has: (file) => manifests.has(file),
    findings: () => [...[...manifests.values()].flatMap(({ findings }) => findings), ...twice()],
  };
};
