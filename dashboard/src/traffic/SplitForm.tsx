/** Divides what a rule takes: weights that sum to 100, another destination, and fewer. For requests and connections alike. */
import type { DestinationSettings } from '@weft/model';
import { useState } from 'react';
import type { RuleForm } from './forms.tsx';
import { percents, rebalanced } from './weights.ts';
import { destinationWords } from './words.ts';

/** A service, or a version of one. */
export type Place = Pick<DestinationSettings, 'host' | 'subset'>;

const textOf = ({ host, subset = '' }: Place): string => `${host} ${subset}`;

interface WeightProps {
  readonly words: string;
  readonly weight: number;
  readonly onWeight: (weight: number) => void;
  /** Absent: it is the only one. */
  readonly onRemove?: () => void;
}

const Weight = ({ words, weight, onWeight, onRemove }: WeightProps) => (
  <div className="row">
    <span className="field-name">{words}</span>
    <input
      type="range"
      min="0"
      max="100"
      aria-label={`${words}, percent by slider`}
      value={weight}
      onChange={({ target }) => onWeight(Number(target.value))}
    />
    <input
      type="number"
      min="0"
      max="100"
      aria-label={`${words}, percent`}
      value={weight}
      onChange={({ target }) => onWeight(Math.min(100, Math.max(0, Math.round(Number(target.value)))))}
    />
    %
    {onRemove && (
      <button type="button" className="button plain" aria-label={`Remove ${words}`} onClick={onRemove}>
        Remove
      </button>
    )}
  </div>
);

const Another = ({ places, onAdd }: { readonly places: readonly Place[]; readonly onAdd: (place: Place) => void }) => {
  const [chosen, setChosen] = useState('');
  const place = places.find((one) => textOf(one) === chosen);
  return (
    <div className="row">
      <label className="row">
        <span className="field-name">Another destination</span>
        <select value={place ? chosen : ''} onChange={({ target }) => setChosen(target.value)}>
          <option value="">choose a service or a version</option>
          {places.map((one) => (
            <option key={textOf(one)} value={textOf(one)}>
              {destinationWords(one)}
            </option>
          ))}
        </select>
      </label>
      <button type="button" className="button" disabled={!place} onClick={() => place && onAdd(place)}>
        Add
      </button>
    </div>
  );
};

export const SplitForm = ({ rule: { route = [] }, at, write, places }: RuleForm) => {
  const weights = percents(route);
  const writeAll = (next: readonly { readonly weight: number }[]): void => write([...at, 'route'], next);
  const set = (index: number, value: number): void => {
    for (const [place, weight] of rebalanced(weights, index, value).entries()) write([...at, 'route', place, 'weight'], weight);
  };
  const remove = (gone: number): void => {
    const given = rebalanced(weights, gone, 0);
    writeAll(route.flatMap((one, index) => (index === gone ? [] : [{ ...one, weight: given[index] ?? 0 }])));
  };
  const port = route[0]?.destination.port;
  const add = (place: Place): void =>
    writeAll([
      ...route.map((one, index) => ({ ...one, weight: weights[index] ?? 0 })),
      { destination: { ...place, ...(port && place.host === route[0]?.destination.host && { port }) }, weight: 0 },
    ]);
  const known = new Set(route.map(({ destination }) => textOf(destination)));
  return (
    <div className="wizard">
      {route.map(({ destination }, index) => (
        <Weight
          key={JSON.stringify(destination)}
          words={destinationWords(destination)}
          weight={weights[index] ?? 0}
          onWeight={(value) => route.length > 1 && set(index, value)}
          {...(route.length > 1 && { onRemove: () => remove(index) })}
        />
      ))}
      <Another places={places.filter((place) => !known.has(textOf(place)))} onAdd={add} />
      <p className="soft">What one gains the others lose: canary by small steps, blue and green by 0 and 100.</p>
    </div>
  );
};
