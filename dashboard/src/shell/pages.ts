import { useRouter } from '@tanstack/react-router';
import { useEffect } from 'react';

/** Brings all pages once there is time for it: whoever is on call opens them also while weftd is away. */
export const useAllPages = (): void => {
  const router = useRouter();
  useEffect(() => {
    const bring = (): void => {
      // What does not come now is asked for again when it is gone to.
      for (const route of Object.values(router.routesById)) router.loadRouteChunk(route)?.catch(() => undefined);
    };
    const idle = requestIdleCallback(bring);
    return () => cancelIdleCallback(idle);
  }, [router]);
};
