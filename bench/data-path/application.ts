/** The application behind both pairs: an Envoy that answers by itself, since nothing answers faster. */

import { type MeasuredEnvoy, startEnvoy } from './envoy.ts';
import { at, manager } from './minimal.ts';
import { application, type Ports } from './places.ts';

/** Its ports, the same for both pairs. */
export type Behind = Pick<Ports, 'httpTarget' | 'http2Target'>;

const kilobyte = { direct_response: { status: 200, body: { inline_string: 'x'.repeat(1024) } } };

export const startApplication = async (folder: string, behind: Behind): Promise<MeasuredEnvoy> => {
  const listeners = Object.entries(behind).map(([name, port]) => ({
    name,
    address: at(application, port),
    filter_chains: [{ filters: [manager(name, kilobyte)] }],
  }));
  const listening = Object.values(behind).map((port) => ({ address: application, port }));
  return startEnvoy({ name: 'application', folder, bootstrap: { static_resources: { listeners } }, processor: 1, listening });
};
