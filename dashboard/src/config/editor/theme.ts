/** The console's tokens as the editor's look. */
import { HighlightStyle, syntaxHighlighting } from '@codemirror/language';
import type { Extension } from '@codemirror/state';
import { EditorView } from '@codemirror/view';
import { tags } from '@lezer/highlight';

const colours = HighlightStyle.define([
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: 'var(--series-2)' },
  { tag: [tags.string, tags.special(tags.string)], color: 'var(--series-6)' },
  { tag: [tags.comment, tags.lineComment], color: 'var(--text-soft)', fontStyle: 'italic' },
  { tag: [tags.meta, tags.labelName, tags.typeName], color: 'var(--series-5)' },
]);

/** The library's own marks are pictures in `data:` addresses, which the console's policy does not load. */
const marks = Object.fromEntries(
  [
    ['error', 'var(--bad)'],
    ['warning', 'var(--warn)'],
    ['info', 'var(--info)'],
    ['hint', 'var(--info)'],
  ].flatMap(([severity = '', colour = '']) => [
    [`.cm-lintRange-${severity}`, { backgroundImage: 'none', textDecoration: `underline wavy ${colour}`, textUnderlineOffset: '3px' }],
    [`.cm-lint-marker-${severity}`, { content: 'normal', color: colour }],
    [`.cm-lint-marker-${severity}::before`, { content: severity === 'error' ? '"✖"' : severity === 'warning' ? '"▲"' : '"●"' }],
    [`.cm-diagnostic-${severity}`, { borderLeft: `4px solid ${colour}` }],
  ]),
);

const look = EditorView.theme({
  '&': { color: 'var(--text)', backgroundColor: 'var(--surface-sunken)', fontSize: 'var(--step--1)' },
  '&.cm-focused': { outline: 'none' },
  '.cm-scroller': { fontFamily: 'var(--mono)', lineHeight: '1.5', maxHeight: '65vh', minHeight: '6rem' },
  '.cm-content': { caretColor: 'var(--text)' },
  '.cm-cursor, .cm-dropCursor': { borderLeftColor: 'var(--text)' },
  '&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground': {
    backgroundColor: 'var(--info-surface)',
  },
  '.cm-gutters': { backgroundColor: 'var(--surface-raised)', color: 'var(--text-soft)', borderRight: '1px solid var(--line)' },
  '.cm-activeLine, .cm-activeLineGutter': { backgroundColor: 'color-mix(in srgb, var(--surface-hover) 45%, transparent)' },
  '.cm-tooltip': {
    backgroundColor: 'var(--surface-raised)',
    color: 'var(--text)',
    border: '1px solid var(--line-strong)',
    borderRadius: 'var(--round)',
    maxWidth: '36rem',
  },
  '.cm-tooltip-autocomplete ul li[aria-selected]': { backgroundColor: 'var(--accent)', color: 'var(--on-accent)' },
  '.cm-completionDetail': { color: 'var(--text-soft)', fontStyle: 'normal', marginLeft: '1em' },
  'li[aria-selected] .cm-completionDetail': { color: 'inherit' },
  '.cm-completionInfo, .cm-hover': { padding: 'var(--gap-2) var(--gap-3)' },
  '.cm-hover p': { margin: '0' },
  '.cm-panels': { backgroundColor: 'var(--surface-raised)', color: 'var(--text)' },
  '.cm-lint-marker': { width: '1em', height: 'auto' },
  '.cm-changedLine, .cm-insertedLine': { backgroundColor: 'var(--good-surface) !important' },
  '.cm-deletedChunk': { backgroundColor: 'var(--bad-surface)', paddingLeft: '6px' },
  '.cm-changedText, .cm-deletedText': { fontWeight: '700' },
  '.cm-changedLineGutter': { background: 'var(--good)' },
  '.cm-deletedLineGutter': { background: 'var(--bad)' },
  '.cm-collapsedLines': { color: 'var(--text-soft)', background: 'var(--surface-raised)', cursor: 'pointer' },
  ...marks,
});

export const theme: Extension = [look, syntaxHighlighting(colours)];
