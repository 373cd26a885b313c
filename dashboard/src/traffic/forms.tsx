/** Small forms that write one part of a rule, each into the text that is then checked, compared and previewed as any other. */
import type { DestinationRuleSpec, HttpRouteSettings } from '@weft/model';
import type { ReactNode } from 'react';
import { percents, rebalanced } from './weights.ts';
import { destinationWords } from './words.ts';

/** Sets what stands at a path of the manifest; undefined takes it away. */
export type Write = (path: readonly (string | number)[], value: unknown) => void;

interface NumberFieldProps {
  readonly name: string;
  readonly value: number | undefined;
  readonly max?: number;
  readonly onChange: (value: number | undefined) => void;
}

const NumberField = ({ name, value, max = 1_000_000, onChange }: NumberFieldProps) => (
  <label>
    <span>{name}</span>
    <input
      type="number"
      min="0"
      max={max}
      value={value ?? ''}
      onChange={({ target }) => onChange(target.value === '' ? undefined : Math.min(max, Math.max(0, Number(target.value))))}
    />
  </label>
);

interface TextFieldProps {
  readonly name: string;
  readonly value: string | undefined;
  readonly hint?: string;
  readonly onChange: (value: string | undefined) => void;
}

const TextField = ({ name, value = '', hint, onChange }: TextFieldProps) => (
  <label>
    <span>{name}</span>
    <input value={value} placeholder={hint} onChange={({ target }) => onChange(target.value || undefined)} />
  </label>
);

export interface RuleForm {
  readonly rule: HttpRouteSettings;
  readonly at: readonly (string | number)[];
  readonly write: Write;
}

export const SplitForm = ({ rule: { route = [] }, at, write }: RuleForm) => {
  const weights = percents(route);
  const set = (index: number, value: number): void => {
    const next = rebalanced(weights, index, value);
    for (const [place, weight] of next.entries()) write([...at, 'route', place, 'weight'], weight);
  };
  if (route.length < 2)
    return <p className="note">This rule has one destination: add another under `route` below, and divide between them then.</p>;
  return (
    <div className="wizard">
      {route.map(({ destination }, index) => (
        <label key={JSON.stringify(destination)}>
          <span>{destinationWords(destination)}</span>
          <input
            type="range"
            min="0"
            max="100"
            aria-label={`${destinationWords(destination)}, percent by slider`}
            value={weights[index]}
            onChange={({ target }) => set(index, Number(target.value))}
          />
          <input
            type="number"
            min="0"
            max="100"
            aria-label={`${destinationWords(destination)}, percent`}
            value={weights[index]}
            onChange={({ target }) => set(index, Math.min(100, Math.max(0, Math.round(Number(target.value)))))}
          />
          %
        </label>
      ))}
    </div>
  );
};

export const TimingForm = ({ rule: { timeout, retries }, at, write }: RuleForm) => (
  <div className="wizard">
    <TextField name="Give up after" hint="10s; empty: never" value={timeout} onChange={(value) => write([...at, 'timeout'], value)} />
    <NumberField name="Retries" max={100} value={retries?.attempts} onChange={(value) => write([...at, 'retries', 'attempts'], value)} />
    <TextField
      name="Each try at most"
      hint="2s"
      value={retries?.perTryTimeout}
      onChange={(value) => write([...at, 'retries', 'perTryTimeout'], value)}
    />
    <TextField
      name="Retry on"
      hint="connect-failure,refused-stream,5xx"
      value={retries?.retryOn}
      onChange={(value) => write([...at, 'retries', 'retryOn'], value)}
    />
  </div>
);

export const FaultForm = ({ rule: { fault }, at, write }: RuleForm) => {
  const delay = (value: string | undefined): void =>
    write([...at, 'fault', 'delay'], value && { percentage: { value: fault?.delay?.percentage?.value ?? 100 }, fixedDelay: value });
  const abort = (value: number | undefined): void =>
    write([...at, 'fault', 'abort'], value && { percentage: { value: fault?.abort?.percentage?.value ?? 100 }, httpStatus: value });
  return (
    <div className="wizard">
      <TextField name="Delay by" hint="5s" value={fault?.delay?.fixedDelay} onChange={delay} />
      {fault?.delay && (
        <NumberField
          name="Delayed, percent"
          max={100}
          value={fault.delay.percentage?.value}
          onChange={(value) => write([...at, 'fault', 'delay', 'percentage', 'value'], value ?? 0)}
        />
      )}
      <NumberField name="Answer with status" max={599} value={fault?.abort?.httpStatus} onChange={abort} />
      {fault?.abort && (
        <NumberField
          name="Answered so, percent"
          max={100}
          value={fault.abort.percentage?.value}
          onChange={(value) => write([...at, 'fault', 'abort', 'percentage', 'value'], value ?? 0)}
        />
      )}
      <button type="button" className="button" disabled={!fault} onClick={() => write([...at, 'fault'], undefined)}>
        No faults
      </button>
    </div>
  );
};

export const MirrorForm = ({ rule: { mirror, mirrorPercentage }, at, write }: RuleForm) => (
  <div className="wizard">
    <TextField
      name="Copy requests to the host"
      hint="catalog"
      value={mirror?.host}
      onChange={(value) => {
        write([...at, 'mirror'], value && { ...mirror, host: value });
        if (value === undefined) write([...at, 'mirrorPercentage'], undefined);
      }}
    />
    {mirror && (
      <>
        <TextField name="of the version (subset)" value={mirror.subset} onChange={(value) => write([...at, 'mirror', 'subset'], value)} />
        <NumberField
          name="Copied, percent"
          max={100}
          value={mirrorPercentage?.value ?? 100}
          onChange={(value) => write([...at, 'mirrorPercentage', 'value'], value ?? 100)}
        />
      </>
    )}
    <p className="soft">Copies are sent beside the request; their answers are thrown away.</p>
  </div>
);

export const BreakerForm = ({
  spec: { trafficPolicy = {} },
  write,
}: {
  readonly spec: DestinationRuleSpec;
  readonly write: Write;
}): ReactNode => {
  const { outlierDetection: outliers, connectionPool: pool } = trafficPolicy;
  const outlier = (field: string) => (value: unknown) => write(['spec', 'trafficPolicy', 'outlierDetection', field], value);
  const limit =
    (...path: readonly string[]) =>
    (value: unknown) =>
      write(['spec', 'trafficPolicy', 'connectionPool', ...path], value);
  return (
    <div className="wizard">
      <NumberField name="Out after errors in a row" value={outliers?.consecutive5xxErrors} onChange={outlier('consecutive5xxErrors')} />
      <TextField name="Looked at every" hint="10s" value={outliers?.interval} onChange={outlier('interval')} />
      <TextField name="Out for" hint="30s" value={outliers?.baseEjectionTime} onChange={outlier('baseEjectionTime')} />
      <NumberField name="Out at once, percent" max={100} value={outliers?.maxEjectionPercent} onChange={outlier('maxEjectionPercent')} />
      <NumberField name="Connections at most" value={pool?.tcp?.maxConnections} onChange={limit('tcp', 'maxConnections')} />
      <NumberField
        name="Requests that wait at most"
        value={pool?.http?.http1MaxPendingRequests}
        onChange={limit('http', 'http1MaxPendingRequests')}
      />
    </div>
  );
};
