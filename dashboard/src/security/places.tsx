import { Places } from '../kit/Places.tsx';

export const SecurityPlaces = () => (
  <Places
    name="Security"
    places={[
      { path: '/security', name: 'Mutual TLS' },
      { path: '/security/callers', name: 'Who may call whom' },
      { path: '/security/policies', name: 'Policies' },
      { path: '/security/certificates', name: 'Certificates' },
      { path: '/security/access', name: 'Access records' },
    ]}
  />
);
