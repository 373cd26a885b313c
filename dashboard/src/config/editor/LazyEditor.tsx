/** The editor, brought when it is seen: pages without one do not carry it. */
import { lazy, Suspense } from 'react';
import { Loading } from '../../kit/states.tsx';
import type { EditorProps } from './Editor.tsx';

const Loaded = lazy(async () => ({ default: (await import('./Editor.tsx')).Editor }));

export const Editor = (props: EditorProps) => (
  <Suspense fallback={<Loading what="Loading the editor" />}>
    <Loaded {...props} />
  </Suspense>
);
