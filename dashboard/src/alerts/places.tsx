import { Places } from '../kit/Places.tsx';

export const AlertPlaces = () => (
  <Places
    name="Alerts"
    places={[
      { path: '/alerts', name: 'Alerts' },
      { path: '/alerts/objectives', name: 'Objectives' },
      { path: '/alerts/silences', name: 'Silences' },
    ]}
  />
);
