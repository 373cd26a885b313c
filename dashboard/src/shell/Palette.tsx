/** Ctrl-K: go to any page, service or workload by typing a part of its name. */
import { useNavigate } from '@tanstack/react-router';
import { Command } from 'cmdk';
import { Search } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { useAsk } from '../api/ask.ts';
import { nouns } from './nouns.ts';

interface Named {
  readonly namespace: string;
  readonly name: string;
}

/** Objects of the mesh's registry, as the API lists them. */
interface StoredNamed {
  readonly resource: { readonly metadata: Named };
}

const key = ({ namespace, name }: Named) => `${namespace}/${name}`;

const Places = ({ onGo }: { readonly onGo: (path: string) => void }) => {
  const services = useAsk<{ items: readonly StoredNamed[] }>({ path: '/resources/Service', topics: ['resources'] });
  const workloads = useAsk<{ items: readonly Named[] }>({ path: '/workloads', topics: ['workloads'] });
  const groups: readonly (readonly [string, string, readonly Named[]])[] = [
    ['Services', '/services', (services.data?.items ?? []).map(({ resource }) => resource.metadata)],
    ['Workloads', '/workloads', workloads.data?.items ?? []],
  ];
  return (
    <Command.List className="palette-list">
      <Command.Empty>Nothing is called so.</Command.Empty>
      <Command.Group heading="Pages">
        {nouns.map(({ path, name }) => (
          <Command.Item key={path} value={name} onSelect={() => onGo(path)}>
            {name}
          </Command.Item>
        ))}
      </Command.Group>
      {groups.map(([heading, path, items]) => (
        <Command.Group key={heading} heading={heading}>
          {items.map((item) => (
            <Command.Item key={key(item)} value={`${heading} ${key(item)}`} onSelect={() => onGo(`${path}/${key(item)}`)}>
              {key(item)}
            </Command.Item>
          ))}
        </Command.Group>
      ))}
    </Command.List>
  );
};

/** The browser's own dialog: focus stays inside, Escape leaves it, and it needs no `<style>` element, which the console's policy refuses. */
export const Palette = () => {
  const dialog = useRef<HTMLDialogElement>(null);
  const [open, setOpen] = useState(false);
  const navigate = useNavigate();
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (event.key !== 'k' || !(event.metaKey || event.ctrlKey)) return;
      event.preventDefault();
      setOpen(true);
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, []);
  useEffect(() => {
    if (open) dialog.current?.showModal();
    else dialog.current?.close();
  }, [open]);
  const go = (path: string): void => {
    setOpen(false);
    void navigate({ to: path, search: (before: Record<string, unknown>) => before } as never);
  };
  return (
    <>
      <button type="button" className="button search" aria-haspopup="dialog" onClick={() => setOpen(true)}>
        <Search size={16} aria-hidden="true" /> Go to … <kbd>Ctrl K</kbd>
      </button>
      <dialog ref={dialog} className="dialog palette" aria-label="Go to" onClose={() => setOpen(false)}>
        {open && (
          <Command label="Go to">
            <Command.Input autoFocus placeholder="A page, service or workload" />
            <Places onGo={go} />
          </Command>
        )}
      </dialog>
    </>
  );
};
