/** Who comes by mutual TLS and who does not, as a person reads it. */
import type { WrittenPlace } from '@weft/model';
import type { MtlsReport, PlainClient, PortMtls, StrictPlan, WorkloadMtls } from '@weft/signals';
import { stringify } from 'yaml';
import { placeText } from '../explain/text.ts';
import { type Column, table } from '../output.ts';
import type { Terminal } from '../terminal.ts';

type Row = WorkloadMtls & { readonly port?: PortMtls };

const isSilent = ({ port, mutual, plaintext, refused }: PortMtls): boolean => port === undefined && mutual + plaintext + refused === 0;

const rowsOf = (workloads: readonly WorkloadMtls[]): readonly Row[] =>
  workloads.flatMap((one): readonly Row[] => {
    const ports = one.ports.filter((port) => !isSilent(port));
    return ports.length === 0 ? [one] : ports.map((port) => ({ ...one, port }));
  });

const percent = (share: number | undefined): string => (share === undefined ? '' : `${Number((share * 100).toFixed(2))} %`);

const sourceText = (from: WrittenPlace | undefined): string => (from ? placeText(from) : 'nobody (the default)');

const clientText = ({ workload, address, count, last, refused, adapts }: PlainClient): string => {
  const who = workload === undefined ? address || 'others' : `${workload} (${address})`;
  const more = refused ? ', refused' : adapts ? ', would come by mutual TLS' : '';
  return `${who} ×${count}${more}, last ${new Date(last).toISOString()}`;
};

const columns = ({ paint }: Terminal): readonly Column<Row>[] => {
  const forecasts: Readonly<Record<PortMtls['forecast'], string>> = {
    strict: paint.green('in force'),
    safe: paint.green('breaks nobody who came'),
    breaks: paint.red('breaks clients'),
    unseen: paint.yellow('nobody came'),
  };
  const of = (text: (port: PortMtls) => string) => (row: Row) => (row.port ? text(row.port) : '');
  return [
    { title: 'NAMESPACE', value: ({ namespace }) => namespace },
    { title: 'WORKLOAD', value: ({ workload }) => workload },
    { title: 'PORT', value: (row) => (row.port ? `${row.port.port ?? 'others'}` : '') },
    { title: 'MODE', value: (row) => row.port?.mode ?? (row.proxy === 'sidecar' ? '' : `no sidecar (${row.proxy})`) },
    { title: 'FROM', value: of(({ from }) => sourceText(from)) },
    { title: 'MUTUAL', value: of(({ mutual }) => `${mutual}`) },
    { title: 'PLAINTEXT', value: of(({ plaintext }) => `${plaintext}`) },
    { title: 'SHARE', value: of(({ plaintextShare }) => percent(plaintextShare)) },
    { title: 'REFUSED', value: of(({ refused }) => `${refused}`) },
    { title: 'STRICT', value: of(({ forecast }) => forecasts[forecast]) },
  ];
};

const clientLines = (workloads: readonly WorkloadMtls[]): readonly string[] =>
  workloads.flatMap(({ namespace, workload, ports }) =>
    ports.flatMap(({ port, clients }) =>
      clients.map((client) => `  ${namespace}/${workload}${port === undefined ? '' : `:${port}`}  ← ${clientText(client)}`),
    ),
  );

/** What was not looked at long enough proves nothing. */
const windowText = ({ window, knownSince }: MtlsReport): string => {
  const begin = Math.max(window.from, knownSince ?? window.to);
  return `seen from ${new Date(begin).toISOString()} to ${new Date(window.to).toISOString()}; counted are requests, and connections that are not HTTP`;
};

export const reportText = (report: MtlsReport, terminal: Terminal): string => {
  const clients = clientLines(report.workloads);
  const plain = clients.length === 0 ? [] : ['', 'without mutual TLS came:', ...clients];
  return [table(rowsOf(report.workloads), columns(terminal)), ...plain, '', windowText(report)].join('\n');
};

const verdicts: Readonly<Record<StrictPlan['verdict'], string>> = {
  breaks: 'STRICT would refuse clients that came in this time',
  unproven: 'nobody who came would be refused, but at some ports nobody came: no traffic is no proof',
  safe: 'nobody who came in this time would be refused',
};

export const planText = (plan: StrictPlan, terminal: Terminal): string => {
  const { paint } = terminal;
  const { verdict, changes, exceptions, findings, manifest, namespace } = plan;
  const paints = { breaks: paint.red, unproven: paint.yellow, safe: paint.green }[verdict];
  const unseen = changes.flatMap(({ workload, ports }) =>
    ports
      .filter(({ port, forecast }) => port !== undefined && forecast === 'unseen')
      .map(({ port }) => `  ${workload}:${port}  no traffic in this time`),
  );
  const kept = exceptions.flatMap(({ workload, ports }) =>
    ports.map(({ port, mode, from }) => `  ${workload}:${port ?? 'other ports'}  stays ${mode}, by ${sourceText(from)}`),
  );
  const section = (title: string, lines: readonly string[]): readonly string[] => (lines.length === 0 ? [] : ['', title, ...lines]);
  return [
    paints(`${namespace}: ${changes.length === 0 ? 'STRICT would change nothing' : verdicts[verdict]}`),
    windowText(plan),
    ...section('would change:', changes.length === 0 ? [] : [table(rowsOf(changes), columns(terminal))]),
    ...section('came without mutual TLS:', clientLines(changes)),
    ...section('not seen:', unseen),
    ...section('would not change:', kept),
    ...section(
      'would be found wrong:',
      findings.map(({ code, message }) => `  ${code} ${message}`),
    ),
    ...section('the object, for `weft apply -f -`:', [stringify(manifest).trimEnd()]),
  ].join('\n');
};
