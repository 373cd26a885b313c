/** What a page keeps in its URL beside what all pages do. */
import { useSearch } from '@tanstack/react-router';

/** A word of the URL, whatever the router took it for. */
export const useWord = (name: string): string => {
  const value = (useSearch({ strict: false }) as Readonly<Record<string, unknown>>)[name];
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
};
