/** Whether things may move on their own. */
import { useSyncExternalStore } from 'react';

const calm = window.matchMedia('(prefers-reduced-motion: reduce)');

const subscribe = (reader: () => void): (() => void) => {
  calm.addEventListener('change', reader);
  return () => calm.removeEventListener('change', reader);
};

export const useMotion = (): boolean => useSyncExternalStore(subscribe, () => !calm.matches);
