/** How the API is asked about one service. */
import type { UseQueryResult } from '@tanstack/react-query';
import type { ServiceDetails } from '@weft/model';
import { useAsk } from '../api/ask.ts';
import type { Where } from '../signals/ask.ts';
import type { Named } from './roster.ts';

export const useService = ({ namespace, name }: Named): UseQueryResult<ServiceDetails> =>
  useAsk<ServiceDetails>({
    path: `/services/${encodeURIComponent(namespace)}/${encodeURIComponent(name)}`,
    topics: ['resources', 'workloads'],
  });

/** Of a ServiceEntry the name is a host, and callers may know nothing else of it. */
export const whereOf = ({ namespace, name }: Named): Where =>
  name.includes('.') ? { destination_service: name } : { destination_service_name: name, destination_service_namespace: namespace };

/** For the search of access records. */
export const recordsOf = ({ namespace, name }: Named): Readonly<Record<string, string>> => ({
  server: name.includes('.') ? name : `${namespace}/${name}`,
});
