/** The frame around every page: navigation, what all pages are asked by, the page. */
import './shell.css';
import { Link, Outlet, useLocation, useNavigate } from '@tanstack/react-router';
import { Menu } from 'lucide-react';
import { Suspense, useEffect, useState } from 'react';
import { isSession, useSession } from '../api/session.ts';
import { openStream } from '../api/stream.ts';
import { Failed, Loading } from '../kit/states.tsx';
import { nouns } from './nouns.ts';
import { Palette } from './Palette.tsx';
import { useAllPages } from './pages.ts';
import { Toolbar } from './Toolbar.tsx';

const Navigation = ({ open, onGo }: { readonly open: boolean; readonly onGo: () => void }) => (
  <nav className="navigation" data-open={open} aria-label="Console">
    {nouns.map(({ path, name, icon: Icon }) => (
      <Link
        key={path}
        to={path}
        onClick={onGo}
        activeOptions={{ exact: path === '/', includeSearch: false }}
        activeProps={{ 'aria-current': 'page' }}
      >
        <Icon size={18} aria-hidden="true" />
        {name}
      </Link>
    ))}
  </nav>
);

const Inside = () => {
  const [open, setOpen] = useState(false);
  const { pathname } = useLocation();
  useEffect(openStream, []);
  useAllPages();
  // biome-ignore lint/correctness/useExhaustiveDependencies: another page begins at its top, and is read from there
  useEffect(() => {
    document.getElementById('page')?.focus({ preventScroll: true });
    window.scrollTo(0, 0);
  }, [pathname]);
  return (
    <div className="shell">
      <a className="skip" href="#page">
        Skip to the page
      </a>
      <header className="masthead">
        <button type="button" className="button plain menu" aria-expanded={open} aria-label="Navigation" onClick={() => setOpen(!open)}>
          <Menu size={20} aria-hidden="true" />
        </button>
        <Link to="/" className="brand">
          <img src="/weft.svg" alt="" width="24" height="24" />
          Weft
        </Link>
        <Palette />
        <Toolbar />
      </header>
      <Navigation open={open} onGo={() => setOpen(false)} />
      <main id="page" tabIndex={-1}>
        <Suspense fallback={<Loading what="Loading the page" />}>
          <Outlet />
        </Suspense>
      </main>
    </div>
  );
};

export const Shell = () => {
  const session = useSession();
  const navigate = useNavigate();
  const { href, pathname } = useLocation();
  const isStranger = session.data !== undefined && !isSession(session.data);
  useEffect(() => {
    // This frame is there until the login is: what it would come back to is not the login.
    if (isStranger && pathname !== '/login') void navigate({ to: '/login', search: { next: href }, replace: true });
  }, [isStranger, navigate, href, pathname]);
  if (session.isError && session.data === undefined) return <Failed error={session.error} again={() => void session.refetch()} />;
  return session.data && !isStranger ? <Inside /> : <Loading what="Looking who you are" />;
};
