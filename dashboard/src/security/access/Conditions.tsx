/** What records are asked for: each condition is a part of the URL. */
import '../security.css';
import { useSearch } from '@tanstack/react-router';
import type { FormEvent } from 'react';
import { useSetSearch } from '../../shell/time.ts';
import { type Asked, readAsked } from './asked.ts';

interface Field {
  readonly name: keyof Asked;
  readonly label: string;
  readonly hint: string;
}

const fields: readonly Field[] = [
  { name: 'who', label: 'Identity', hint: 'spiffe://… or its end' },
  { name: 'caller', label: 'Who called', hint: 'namespace/workload' },
  { name: 'server', label: 'Who was called', hint: 'workload or service' },
  { name: 'path', label: 'Path begins with', hint: '/cards' },
  { name: 'address', label: 'Address', hint: 'IPv4 or IPv6' },
  { name: 'code', label: 'Status', hint: '503 or 5xx' },
  { name: 'method', label: 'Method', hint: 'GET' },
];

interface Choice {
  readonly name: 'outcome' | 'protection' | 'side';
  readonly label: string;
  readonly options: Readonly<Record<string, string>>;
}

const choices: readonly Choice[] = [
  { name: 'outcome', label: 'Outcome', options: { denied: 'denied', failed: 'denied or failed', allowed: 'not denied' } },
  { name: 'protection', label: 'Protection', options: { mutual: 'mutual TLS', plaintext: 'plaintext or no identity' } },
  { name: 'side', label: 'Seen by', options: { source: 'caller', destination: 'server' } },
];

/** Also those that a link brought and the form has no field for can be seen, and taken away. */
const others = ['workload', 'request', 'denial'] as const satisfies readonly (keyof Asked)[];

/** The conditions that the page's URL says now. */
export const useAsked = (): Asked => readAsked(useSearch({ strict: false }) as Readonly<Record<string, unknown>>);

export const Conditions = ({ without = [] }: { readonly without?: readonly (keyof Asked)[] }) => {
  const asked = useAsked();
  const set = useSetSearch();
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    set(Object.fromEntries(fields.map(({ name }) => [name, String(form.get(name) ?? '').trim() || undefined])));
  };
  const clear = (): void => set(Object.fromEntries([...fields, ...choices].map(({ name }) => [name, undefined])));
  return (
    <form className="conditions" key={JSON.stringify(asked)} onSubmit={submit} aria-label="Conditions">
      {fields.map(({ name, label, hint }) => (
        <label key={name}>
          {label}
          <input name={name} defaultValue={asked[name] ?? ''} placeholder={hint} autoComplete="off" spellCheck={false} />
        </label>
      ))}
      {choices
        .filter(({ name }) => !without.includes(name))
        .map(({ name, label, options }) => (
          <label key={name}>
            {label}
            <select value={asked[name] ?? ''} onChange={({ target }) => set({ [name]: target.value || undefined })}>
              <option value="">any</option>
              {Object.entries(options).map(([value, words]) => (
                <option key={value} value={value}>
                  {words}
                </option>
              ))}
            </select>
          </label>
        ))}
      <span className="tools">
        <button type="submit" className="button primary">
          Search
        </button>
        <button type="button" className="button plain" onClick={clear}>
          Clear
        </button>
      </span>
      {others.flatMap((name) =>
        asked[name] === undefined ? (
          []
        ) : (
          <button key={name} type="button" className="button" onClick={() => set({ [name]: undefined })}>
            {name}: {asked[name]} <span aria-hidden="true">×</span>
            <span className="visually-hidden">take away</span>
          </button>
        ),
      )}
    </form>
  );
};
