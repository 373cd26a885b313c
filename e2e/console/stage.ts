import type { Mesh } from '../mesh.ts';
import type { Tab } from './browser.ts';

/** What tests of pages stand on. */
export interface Stage {
  readonly mesh: () => Mesh;
  /** A tab of somebody who is logged in as administrator, at a path of the console. The caller closes its page. */
  readonly visit: (path: string) => Promise<Tab>;
}
