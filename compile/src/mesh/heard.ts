import type { OutboundSlice } from './view.ts';

/** What a captured connection to this port meets: of a Sidecar's listeners the first with that port, else the one without [S21]. */
export const heardAt = (slice: OutboundSlice, port: number): OutboundSlice => {
  const { listeners } = slice;
  if (!listeners) return slice;
  const heard = listeners.find((listener) => listener.port?.number === port) ?? listeners.find((listener) => !listener.port);
  // One with an address of its own is met there and nowhere else.
  if (!heard || heard.bind !== undefined) return { ...slice, services: [], virtualHosts: new Map() };
  return { ...slice, services: heard.services, virtualHosts: heard.virtualHosts };
};
