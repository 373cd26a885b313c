/** The pages about configuration, beside each other. */
import './config.css';
import { Link } from '@tanstack/react-router';

const pages = [
  ['/config', 'Objects'],
  ['/config/findings', 'What is wrong now'],
  ['/history', 'History'],
  ['/audit', 'Audit log'],
] as const;

export const Tabs = () => (
  <nav aria-label="Configuration" className="tabs">
    {pages.map(([path, name]) => (
      <Link key={path} to={path} activeOptions={{ exact: true, includeSearch: false }} activeProps={{ 'aria-current': 'page' }}>
        {name}
      </Link>
    ))}
  </nav>
);
