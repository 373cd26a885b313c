/** Small forms that write one part of a rule, each into the text that is then checked, compared and previewed as any other. */
import type { DestinationRuleSpec, HttpMatchRequest, HttpRouteSettings, StringMatchSettings } from '@weft/model';
import { type ReactNode, useState } from 'react';
import type { Place } from './SplitForm.tsx';

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
  /** What there is to send to. */
  readonly places: readonly Place[];
}

const matchFields = ['uri', 'method', 'authority'] as const;

/** What a match says of one thing: how, and which text. */
const sayingOf = (match: StringMatchSettings | undefined): readonly [string, string] => {
  const [how = 'prefix', text = ''] = Object.entries(match ?? {})[0] ?? [];
  return [how, text];
};

interface StringFieldProps {
  readonly name: string;
  readonly match: StringMatchSettings | undefined;
  readonly onChange: (match: StringMatchSettings | undefined) => void;
}

const StringField = ({ name, match, onChange }: StringFieldProps) => {
  const [how, text] = sayingOf(match);
  const say = (next: string, of: string): void => onChange(of === '' ? undefined : { [next]: of });
  return (
    <fieldset className="row">
      <legend className="visually-hidden">{name}</legend>
      <span className="field-name">{name}</span>
      <select aria-label={`${name}: how it is compared`} value={how} onChange={({ target }) => say(target.value, text)}>
        <option value="exact">is</option>
        <option value="prefix">begins with</option>
        <option value="regex">fits (RE2)</option>
      </select>
      <input aria-label={name} value={text} onChange={({ target }) => say(how, target.value)} />
    </fieldset>
  );
};

const fieldNames: Readonly<Record<(typeof matchFields)[number], string>> = { uri: 'Path', method: 'Method', authority: 'Host' };

/** The first match of the rule; more of them are written in the text. */
export const MatchForm = ({ rule: { match = [] }, at, write }: RuleForm) => {
  const [first = {}] = match;
  const headers = Object.entries(first.headers ?? {});
  const set = (next: HttpMatchRequest): void => {
    const said = Object.fromEntries(Object.entries(next).filter(([, value]) => value !== undefined));
    const all = [said, ...match.slice(1)].filter((one) => Object.keys(one).length > 0);
    write([...at, 'match'], all.length > 0 ? all : undefined);
  };
  const setHeader = (name: string, header: StringMatchSettings | undefined): void => {
    const { [name]: _, ...others } = first.headers ?? {};
    const next = header ? { ...others, [name]: header } : others;
    const { headers: __, ...rest } = first;
    set(Object.keys(next).length > 0 ? { ...rest, headers: next } : rest);
  };
  return (
    <div className="wizard">
      {matchFields.map((field) => (
        <StringField
          key={field}
          name={fieldNames[field]}
          match={first[field]}
          onChange={(value) => {
            const { [field]: _, ...rest } = first;
            set(value ? { ...rest, [field]: value } : rest);
          }}
        />
      ))}
      {headers.map(([name, header]) => (
        <StringField key={name} name={`Header ${name}`} match={header} onChange={(value) => setHeader(name, value)} />
      ))}
      <NewHeader onAdd={(name) => setHeader(name, { exact: 'true' })} />
      {match.length > 1 && <p className="soft">{match.length - 1} more alternatives stand in the text below.</p>}
      <p className="soft">All of it must fit. Rules are asked in their order; the first that fits takes the request.</p>
    </div>
  );
};

const NewHeader = ({ onAdd }: { readonly onAdd: (name: string) => void }) => {
  const [name, setName] = useState('');
  return (
    <div className="row">
      <label className="row">
        <span className="field-name">Another header</span>
        <input value={name} placeholder="end-user" onChange={({ target }) => setName(target.value.trim().toLowerCase())} />
      </label>
      <button
        type="button"
        className="button"
        disabled={name === ''}
        onClick={() => {
          onAdd(name);
          setName('');
        }}
      >
        Add
      </button>
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
