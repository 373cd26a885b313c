/** OpenSLO (v1) → a ServiceLevelObjective's manifest, which `parse` then checks as any other. */
import { type CalendarUnit, type Finding, parsePeriod, periodText } from '@weft/model';
import { calendarWords, longWindowAnnotation, openSloVersion, shortWindowAnnotation } from './openslo.ts';

export interface Manifest {
  readonly apiVersion: 'mesh.weft.dev/v1alpha1';
  readonly kind: 'ServiceLevelObjective';
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly spec: Readonly<Record<string, unknown>>;
}

export interface Imported {
  /** One for each objective of the SLO; none where it cannot be read. */
  readonly manifests: readonly Manifest[];
  readonly findings: readonly Finding[];
}

type Told = Pick<Finding, 'path' | 'message' | 'help'>;

const error = (told: Told): Finding => ({ code: 'WEFT0026', severity: 'error', ...told });
const warning = (told: Told): Finding => ({ code: 'WEFT0026', severity: 'warning', ...told });

/** What stands at a path of a document of which nothing is known. */
const at = (value: unknown, ...path: readonly (string | number)[]): unknown =>
  path.reduce<unknown>(
    (inner, key) =>
      typeof inner === 'object' && inner !== null && Object.hasOwn(inner, key) ? inner[key as keyof typeof inner] : undefined,
    value,
  );

const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const text = (value: unknown): string => (typeof value === 'string' ? value : '');

/** One part of the objective, or why there is none. */
interface Part<Value> {
  readonly value: Value;
  readonly findings: readonly Finding[];
}

const indicatorOf = (slo: unknown): Part<Readonly<Record<string, unknown>>> => {
  const metric = at(slo, 'spec', 'indicator', 'spec', 'ratioMetric');
  const meant = at(metric, 'total', 'metricSource', 'spec', 'weft') ?? at(metric, 'good', 'metricSource', 'spec', 'weft');
  if (meant !== undefined) return { value: { subject: at(meant, 'subject'), indicator: at(meant, 'indicator') }, findings: [] };
  return {
    value: {},
    findings: [
      error({
        path: 'spec.indicator',
        message: 'what is measured is said in the words of another source',
        help: 'Write `weft: {subject: {service: NAME}, indicator: {availability: {}}}` into the `spec` of the `metricSource` of `total`.',
      }),
    ],
  };
};

const calendarUnits = new Map<string, CalendarUnit>(
  Object.entries(calendarWords).map(([unit, word]) => [word, unit as CalendarUnit] as const),
);

const periodOf = (slo: unknown): Part<object> => {
  const window = at(slo, 'spec', 'timeWindow', 0);
  const path = 'spec.timeWindow[0].duration';
  const duration = text(at(window, 'duration'));
  if (window === undefined) {
    const message = 'no period is said: 28 days that roll are taken';
    return { value: { rolling: '28d' }, findings: [warning({ path: 'spec.timeWindow', message, help: 'Write one.' })] };
  }
  const calendar = at(window, 'calendar');
  if (calendar === undefined && at(window, 'isRolling') === false) {
    const message = 'a window that does not roll has a `calendar`';
    return { value: {}, findings: [error({ path: 'spec.timeWindow[0]', message, help: 'Write it, or `isRolling: true`.' })] };
  }
  if (calendar === undefined) return { value: { rolling: duration }, findings: [] };
  const unit = calendarUnits.get(duration);
  if (!unit)
    return {
      value: {},
      findings: [error({ path, message: `no calendar period of \`${duration.slice(0, 20)}\``, help: 'Write 1d, 1w, 1M, 1Q or 1Y.' })],
    };
  const beginsAtMidnight = /^\d{4}-\d{2}-\d{2}(?:[ T]00:00(?::00)?Z?)?$/.test(text(at(calendar, 'startTime')));
  const message = 'periods begin at midnight of their first day, which is no other than a calendar’s';
  return {
    value: { calendar: unit, timeZone: text(at(calendar, 'timeZone')) || 'UTC' },
    findings: beginsAtMidnight ? [] : [warning({ path: 'spec.timeWindow[0].calendar.startTime', message, help: 'Write 00:00:00.' })],
  };
};

const burnRateOf = (policy: unknown, path: string): Part<object | undefined> => {
  const condition = at(policy, 'spec', 'conditions', 0);
  const said = at(condition, 'spec', 'condition');
  if (said === undefined) {
    const message = 'a reference to another document, which is not read';
    return { value: undefined, findings: [warning({ path, message, help: 'Write the condition into the SLO.' })] };
  }
  const long = text(at(condition, 'metadata', 'annotations', longWindowAnnotation)) || text(at(said, 'lookbackWindow'));
  const written = at(condition, 'metadata', 'annotations', shortWindowAnnotation);
  const length = parsePeriod(long);
  // The workbook's own proportion; windows are whole minutes.
  const short =
    typeof written === 'string' || !length ? text(written) : periodText(Math.max(60_000, Math.round(length / 12 / 60_000) * 60_000));
  const after = text(at(said, 'alertAfter'));
  const severity = text(at(condition, 'spec', 'severity'));
  return {
    value: { factor: at(said, 'threshold'), long, short, ...(severity && { severity }) },
    findings: [
      ...(typeof written === 'string'
        ? []
        : [
            warning({
              path,
              message: `one window only: ${short} is taken for the short one`,
              help: `Write the annotation \`${shortWindowAnnotation}\`.`,
            }),
          ]),
      ...(after !== '' && parsePeriod(after) !== undefined
        ? [warning({ path, message: '`alertAfter` has no effect: the short window stands for it', help: 'Write 0m.' })]
        : []),
    ],
  };
};

const slicesOf = (objective: unknown): object => {
  const window = at(objective, 'timeSliceWindow');
  const target = Number(at(objective, 'timeSliceTarget'));
  // A number without a unit is minutes.
  return { timeSlices: { length: typeof window === 'number' ? `${window}m` : text(window), target: Math.round(target * 1e6) / 1e4 } };
};

const methodFaults = (method: unknown): readonly Finding[] => {
  if (method === 'Occurrences' || method === 'Timeslices') return [];
  const message = `\`${text(method).slice(0, 40)}\` counts neither requests nor slices of time`;
  return [error({ path: 'spec.budgetingMethod', message, help: 'Write `Occurrences` or `Timeslices`.' })];
};

const targetOf = (objective: unknown): unknown => {
  const target = at(objective, 'target');
  return at(objective, 'targetPercent') ?? (typeof target === 'number' ? Math.round(target * 1e9) / 1e7 : undefined);
};

/** @param slo one document, already read from YAML or JSON */
export const fromOpenSlo = (slo: unknown): Imported => {
  if (at(slo, 'apiVersion') !== openSloVersion || at(slo, 'kind') !== 'SLO') {
    const help = `Write \`apiVersion: ${openSloVersion}\` and \`kind: SLO\`.`;
    return { manifests: [], findings: [error({ path: '', message: 'no SLO of OpenSLO v1', help })] };
  }
  const indicator = indicatorOf(slo);
  const period = periodOf(slo);
  const burns = list(at(slo, 'spec', 'alertPolicies')).map((policy, index) => burnRateOf(policy, `spec.alertPolicies[${index}]`));
  const burnRates = burns.flatMap(({ value }) => (value ? [value] : []));
  const objectives = list(at(slo, 'spec', 'objectives'));
  const method = at(slo, 'spec', 'budgetingMethod') ?? 'Occurrences';
  const findings = [...indicator.findings, ...period.findings, ...methodFaults(method), ...burns.flatMap((burn) => burn.findings)];
  if (findings.some(({ severity }) => severity === 'error')) return { manifests: [], findings };
  const name = text(at(slo, 'metadata', 'name'));
  const namespace = text(at(slo, 'metadata', 'labels', 'namespace'));
  const description = text(at(slo, 'spec', 'description'));
  const sliced = method === 'Timeslices';
  const manifests = objectives.map(
    (objective, index): Manifest => ({
      apiVersion: 'mesh.weft.dev/v1alpha1',
      kind: 'ServiceLevelObjective',
      metadata: { name: objectives.length === 1 ? name : `${name}-${index + 1}`, ...(namespace && { namespace }) },
      spec: {
        ...(description && { description }),
        ...indicator.value,
        target: targetOf(objective),
        period: period.value,
        ...(sliced && slicesOf(objective)),
        ...(burnRates.length > 0 && { burnRates }),
      },
    }),
  );
  return { manifests, findings };
};
