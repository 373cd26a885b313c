/**
 * YAML, to read or to write. It lives in a shadow root: there its styles are sheets made by script (`adoptedStyleSheets`), which
 * the console's policy (`style-src 'self'`) allows, and not `<style>` elements, which it does not.
 */
import { autocompletion, completionKeymap } from '@codemirror/autocomplete';
import { defaultKeymap, history, historyKeymap, indentWithTab } from '@codemirror/commands';
import { yaml } from '@codemirror/lang-yaml';
import { bracketMatching, foldGutter, foldKeymap, indentOnInput } from '@codemirror/language';
import { lintGutter, lintKeymap, setDiagnostics } from '@codemirror/lint';
import { unifiedMergeView } from '@codemirror/merge';
import { highlightSelectionMatches, search, searchKeymap } from '@codemirror/search';
import { EditorState, type Extension } from '@codemirror/state';
import { drawSelection, EditorView, highlightActiveLine, keymap, lineNumbers } from '@codemirror/view';
import type { Finding } from '@weft/model';
import { useEffect, useRef } from 'react';
import { completeFrom, hoverFrom, type Knowledge } from './completion.ts';
import { marksIn } from './positions.ts';
import { theme } from './theme.ts';

export interface EditorProps {
  /** What it is, for screen readers. */
  readonly label: string;
  readonly text: string;
  readonly findings?: readonly Finding[];
  /** Absent: it is read, not written. */
  readonly onChange?: (text: string) => void;
  readonly knowledge?: Knowledge;
  /** What it was: differences are shown. */
  readonly before?: string;
  /** The field to show; each new object is gone to once. */
  readonly target?: { readonly finding: Finding };
}

const reading: Extension = [EditorState.readOnly.of(true), EditorView.editable.of(false)];

const writing = (knowledge: Knowledge | undefined): Extension => [
  history(),
  indentOnInput(),
  bracketMatching(),
  highlightActiveLine(),
  ...(knowledge ? [autocompletion({ override: [completeFrom(knowledge)], icons: false }), hoverFrom(knowledge)] : []),
  // Escape, then Tab leaves the editor: CodeMirror hands the next Tab on after Escape.
  keymap.of([...completionKeymap, ...defaultKeymap, ...historyKeymap, ...foldKeymap, ...lintKeymap, indentWithTab]),
];

const difference = (before: string): Extension =>
  unifiedMergeView({ original: before, mergeControls: false, collapseUnchanged: { margin: 4, minSize: 8 } });

const extensionsFor = ({ label, onChange, knowledge, before }: Omit<EditorProps, 'text'>): readonly Extension[] => [
  lineNumbers(),
  foldGutter(),
  lintGutter(),
  drawSelection(),
  search({ top: true }),
  highlightSelectionMatches(),
  keymap.of(searchKeymap),
  yaml(),
  theme,
  // Said of what is written, too: what scrolls is reached by the keyboard through it.
  EditorView.contentAttributes.of({ 'aria-label': label, tabindex: '0' }),
  onChange ? writing(knowledge) : reading,
  ...(knowledge && !onChange ? [hoverFrom(knowledge)] : []),
  ...(before === undefined ? [] : [difference(before)]),
];

const shadowOf = (place: HTMLElement): ShadowRoot => place.shadowRoot ?? place.attachShadow({ mode: 'open' });

const diagnosticsIn = (text: string, findings: readonly Finding[]) =>
  marksIn(text, findings).map(({ from, to, finding }) => ({
    from,
    to,
    severity: finding.severity,
    message: `${finding.message}${finding.help ? `\n${finding.help}` : ''}`,
    source: finding.code,
  }));

export const Editor = (props: EditorProps) => {
  const { text, findings = [], onChange, target, before } = props;
  const place = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(undefined);
  const latest = useRef(props);
  /** What was written here and handed out: when it comes back, more may have been written meanwhile, which must stay. */
  const echoes = useRef<string[]>([]);
  /** The text comes from outside: nobody needs to hear of it. */
  const isTold = useRef(false);
  latest.current = props;
  // biome-ignore lint/correctness/useExhaustiveDependencies: the editor is made once for what it compares with; what else changes is handed to it below
  useEffect(() => {
    if (!place.current) return;
    const root = shadowOf(place.current);
    const listener = EditorView.updateListener.of(({ docChanged, state }) => {
      if (!docChanged || isTold.current) return;
      const next = state.doc.toString();
      echoes.current.push(next);
      latest.current.onChange?.(next);
    });
    const made = new EditorView({
      state: EditorState.create({ doc: latest.current.text, extensions: [...extensionsFor(latest.current), listener] }),
      parent: root,
      root,
    });
    view.current = made;
    return () => made.destroy();
  }, [before, onChange === undefined]);
  useEffect(() => {
    const made = view.current;
    const echo = echoes.current.indexOf(text);
    echoes.current.splice(0, echo + 1);
    if (echo >= 0 || !made || made.state.doc.toString() === text) return;
    isTold.current = true;
    made.dispatch({ changes: { from: 0, to: made.state.doc.length, insert: text } });
    isTold.current = false;
  }, [text]);
  useEffect(() => {
    const made = view.current;
    if (made) made.dispatch(setDiagnostics(made.state, diagnosticsIn(made.state.doc.toString(), findings)));
  }, [findings]);
  useEffect(() => {
    const made = view.current;
    if (!made || !target) return;
    const [mark] = marksIn(made.state.doc.toString(), [target.finding]);
    if (!mark) return;
    made.dispatch({ selection: { anchor: mark.from }, effects: EditorView.scrollIntoView(mark.from, { y: 'center' }) });
    made.focus();
  }, [target]);
  return <div className="editor" ref={place} />;
};
