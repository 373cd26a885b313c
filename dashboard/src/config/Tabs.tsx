/** The pages about configuration, beside each other. */
import './config.css';
import { Places } from '../kit/Places.tsx';

export const Tabs = () => (
  <Places
    name="Configuration"
    places={[
      { path: '/config', name: 'Objects' },
      { path: '/config/findings', name: 'What is wrong now' },
      { path: '/history', name: 'History' },
      { path: '/audit', name: 'Audit log' },
    ]}
  />
);
