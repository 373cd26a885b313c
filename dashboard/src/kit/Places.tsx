/** The pages of one noun, beside each other. */
import { Link } from '@tanstack/react-router';

export interface Place {
  readonly path: string;
  readonly name: string;
}

export const Places = ({ name, places }: { readonly name: string; readonly places: readonly Place[] }) => (
  <nav className="tabs" aria-label={name}>
    {places.map((place) => (
      <Link
        key={place.path}
        to={place.path as string}
        className="tab"
        activeOptions={{ exact: true, includeSearch: false }}
        activeProps={{ 'aria-current': 'page' }}
      >
        {place.name}
      </Link>
    ))}
  </nav>
);
