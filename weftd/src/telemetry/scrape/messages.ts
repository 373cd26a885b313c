/** What the main thread and the thread that writes scrapes say to each other. Messages are answered in their order. */
import type { Family, Format, Labels } from '@weft/signals';
import type { ProxyTold } from './families.ts';
import type { ApplicationPage } from './pages.ts';

export type ToScrape = { readonly scrape: number } & (
  | { readonly kind: 'begin'; readonly format: Format }
  /** @see oneOfMany */
  | ({ readonly kind: 'proxy'; readonly target: Labels } & ProxyTold<string | undefined>)
  /** @see oneWithApplication */
  | ({ readonly kind: 'whole'; readonly application: ApplicationPage | undefined } & ProxyTold<string>)
  | { readonly kind: 'end'; readonly families: readonly Family[] }
);

export type FromScrape =
  | { readonly kind: 'taken' }
  | { readonly kind: 'written'; readonly pieces: readonly Uint8Array[] }
  | { readonly kind: 'failed'; readonly error: unknown };
