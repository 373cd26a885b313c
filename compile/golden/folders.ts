import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** `<feature>/<case>` below the folder of all cases. */
export const caseFolders = (root: string): readonly string[] =>
  readdirSync(root)
    .map((feature) => join(root, feature))
    .filter((path) => statSync(path).isDirectory())
    .flatMap((feature) => readdirSync(feature).map((name) => join(feature, name)))
    .sort();
