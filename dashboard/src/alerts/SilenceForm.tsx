/** Makes a silence; what it would mute now is seen before. */
import type { AlertStatus, SilenceRequest } from '@weft/model';
import { type FormEvent, useState } from 'react';
import { stale } from '../api/ask.ts';
import { send } from '../api/get.ts';
import { Badge, Panel } from '../kit/parts.tsx';
import { useWord } from '../kit/search.ts';
import { Failed } from '../kit/states.tsx';
import { readMatchers, silencedBy } from './matchers.ts';
import { aboutOf, toneOf } from './words.ts';

const hour = 3_600_000;
const lengths: Readonly<Record<string, number>> = { '1 hour': hour, '4 hours': 4 * hour, '1 day': 24 * hour, '7 days': 168 * hour };

const Preview = ({ muted }: { readonly muted: readonly AlertStatus[] }) => (
  <div role="status">
    <p>
      {muted.length === 0 ? 'It would mute no alert that there is now.' : `It would mute ${muted.length} of the alerts that there are:`}
    </p>
    <ul>
      {muted.slice(0, 20).map((alert) => (
        <li key={alert.id}>
          <Badge tone={toneOf[alert.state]}>{alert.state}</Badge> {alert.name} {aboutOf(alert)}
        </li>
      ))}
    </ul>
  </div>
);

export interface SilenceFormProps {
  /** Who makes it. */
  readonly by: string;
  readonly alerts: readonly AlertStatus[];
}

export const SilenceForm = ({ by, alerts }: SilenceFormProps) => {
  const [text, setText] = useState(useWord('match'));
  const [error, setError] = useState<unknown>();
  const matchers = readMatchers(text);
  const submit = async (form: FormData): Promise<void> => {
    const length = lengths[String(form.get('length'))] ?? hour;
    const request: SilenceRequest = { matchers: matchers ?? [], to: Date.now() + length, by, comment: String(form.get('comment') ?? '') };
    await send('/silences', request).then(() => setText(''), setError);
    await stale(['alerts']);
  };
  const onSubmit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    setError(undefined);
    void submit(new FormData(event.currentTarget));
  };
  return (
    <Panel title="Silence">
      <form className="conditions" onSubmit={onSubmit}>
        <label className="wide">
          Which alerts: label=value, =~ and !=, too
          <input
            value={text}
            required
            onChange={({ target }) => setText(target.value)}
            placeholder="objective=web severity=page"
            spellCheck={false}
          />
        </label>
        <label>
          For
          <select name="length">
            {Object.keys(lengths).map((name) => (
              <option key={name}>{name}</option>
            ))}
          </select>
        </label>
        <label>
          Because
          <input name="comment" required placeholder="we know" />
        </label>
        <button type="submit" className="button primary" disabled={!matchers || matchers.length === 0}>
          Silence
        </button>
      </form>
      {!matchers && <p className="warn">That cannot be read: write label=value, and quotes around what has blanks.</p>}
      {matchers && matchers.length > 0 && <Preview muted={silencedBy(matchers, alerts)} />}
      {error !== undefined && <Failed error={error} />}
    </Panel>
  );
};
