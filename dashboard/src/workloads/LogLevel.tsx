/** How much one instance's Envoy logs: seen, and set by those who may. */
import { type LogLevel as Level, logLevels, type PodReport, type ProxyLogLevel } from '@weft/model';
import { useState } from 'react';
import { useAsk } from '../api/ask.ts';
import { send } from '../api/get.ts';
import { useMay } from '../api/session.ts';
import { Failed } from '../kit/states.tsx';

export const LogLevel = ({ pod: { namespace, name } }: { readonly pod: PodReport }) => {
  const path = `/proxies/${encodeURIComponent(namespace)}/${encodeURIComponent(name)}/log-level`;
  const asked = useAsk<ProxyLogLevel>({ path, topics: ['audit'] });
  const [error, setError] = useState<unknown>();
  const may = useMay('operator');
  const level = asked.data?.level;
  if (level === undefined) return asked.isError ? <Failed error={asked.error} /> : null;
  const change = async (wanted: Level): Promise<void> => {
    try {
      await send(path, { level: wanted });
      setError(undefined);
      await asked.refetch();
    } catch (refusal) {
      setError(refusal);
    }
  };
  return (
    <>
      <label title="Until it is started again.">
        Its Envoy logs{' '}
        <select value={level} disabled={!may} onChange={({ target }) => void change(target.value as Level)}>
          {level === 'mixed' && <option disabled>mixed</option>}
          {logLevels.map((one) => (
            <option key={one}>{one}</option>
          ))}
        </select>
      </label>
      {error !== undefined && <Failed error={error} />}
    </>
  );
};
