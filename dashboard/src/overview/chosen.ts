/** Of which namespace the overview tells: the URL's, or of all. */
import { useShared } from '../shell/time.ts';
import type { Where } from '../signals/ask.ts';

export const useChosen = (): Where => {
  const { ns } = useShared();
  return ns ? { destination_service_namespace: ns } : {};
};
