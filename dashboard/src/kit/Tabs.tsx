/** Parts of a page of which one is seen; which one is the URL's. */
import { Tabs as Radix } from 'radix-ui';
import type { ReactNode } from 'react';

export interface Tab {
  readonly id: string;
  readonly name: ReactNode;
}

export interface TabsProps {
  /** What they are parts of, for screen readers. */
  readonly name: string;
  readonly tabs: readonly Tab[];
  readonly chosen: string;
  readonly onChoose: (id: string) => void;
  /** Of the chosen one. */
  readonly children: ReactNode;
}

export const Tabs = ({ name, tabs, chosen, onChoose, children }: TabsProps) => (
  <Radix.Root value={chosen} onValueChange={onChoose} className="stack">
    <Radix.List className="tabs" aria-label={name}>
      {tabs.map((tab) => (
        <Radix.Trigger key={tab.id} value={tab.id} className="tab">
          {tab.name}
        </Radix.Trigger>
      ))}
    </Radix.List>
    {tabs.map(({ id }) => (
      <Radix.Content key={id} value={id} className="stack">
        {id === chosen && children}
      </Radix.Content>
    ))}
  </Radix.Root>
);
