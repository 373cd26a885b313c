/** What shapes, colours and lines mean. */
import { Icon } from './paint/icons.tsx';
import { kindWords, type Mark, markWords, type NodeKind } from './scene.ts';

const kinds = Object.entries(kindWords) as [NodeKind, string][];

const marks = Object.entries(markWords) as [Mark, string][];

const lines = [
  ['healthy', 'requests, fewer than 0.1 % failed'],
  ['degraded', 'some failed'],
  ['failing', '10 % or more failed'],
  ['connections', 'connections without requests'],
  ['plain', 'not mTLS: dashes on violet, with an open lock'],
  ['gone', 'vanished: there in the day before'],
] as const;

export const Legend = () => (
  <details className="map-legend">
    <summary>Legend and keys</summary>
    <ul>
      {kinds.map(([kind, words]) => (
        <li key={kind}>
          <Icon name={kind} /> {words}
        </li>
      ))}
    </ul>
    <ul>
      {marks.map(([mark, words]) => (
        <li key={mark}>
          <Icon name={mark} /> {words}
        </li>
      ))}
    </ul>
    <ul>
      {lines.map(([style, words]) => (
        <li key={style}>
          <span className="map-line" data-style={style} aria-hidden="true" /> {words}
        </li>
      ))}
    </ul>
    <ul>
      <li>
        <kbd>←</kbd> <kbd>↑</kbd> <kbd>→</kbd> <kbd>↓</kbd> to the next node
      </li>
      <li>
        <kbd>Enter</kbd> opens it, <kbd>Space</kbd> shows its neighbourhood alone
      </li>
      <li>
        <kbd>+</kbd> <kbd>-</kbd> zoom, <kbd>0</kbd> shows all, <kbd>Shift</kbd> with arrows moves the map
      </li>
      <li>
        Width and dots of a line: how much flows; squares among the dots failed. A dashed node is not used. Of very many lines only the ends
        of long ones are drawn. What is dragged stays where it is put; two fingers or the wheel zoom.
      </li>
    </ul>
  </details>
);
