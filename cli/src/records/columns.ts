/** A record as one line for a person. */
import { type AccessRecord, diagnose, type Party } from '@weft/signals';
import { brief, type Column, printable } from '../output.ts';
import type { Terminal } from '../terminal.ts';

/** `shop/web`; where nobody is known the address. */
const partyText = ({ namespace, workload, principal, address }: Party): string =>
  workload === '' ? principal || address : `${namespace}/${workload}`;

/** Whom nobody knows is called as the caller called it. */
const calledText = ({ destination, request, called }: AccessRecord): string => {
  if (destination.workload !== '') return partyText(destination);
  return destination.service || destination.address || request?.host || (called ? `port ${called}` : '');
};

const resultText = ({ verdict, request, flags }: AccessRecord, { paint }: Terminal): string => {
  if (verdict.kind === 'denied') return paint.red(`denied${request ? ` ${request.status}` : ''}`);
  const said = [request ? String(request.status) : '', flags].filter((part) => part !== '').join(' ');
  return flags !== '' || (request && request.status >= 500) ? paint.yellow(printable(said)) : said || 'ok';
};

const askedText = ({ request, protocol }: AccessRecord): string =>
  request ? `${request.method} ${request.host}${request.path}` : protocol;

const ruleText = ({ verdict }: AccessRecord): string => {
  if (verdict.rule) return `rule ${verdict.rule.rule} of ${verdict.rule.namespace}/${verdict.rule.name}`;
  return verdict.kind === 'denied' ? verdict.reason : '';
};

/** What callers choose is never given to the terminal as it is. */
const safe = (value: (record: AccessRecord) => string) => (record: AccessRecord) => printable(value(record));

export const recordColumns = (terminal: Terminal): readonly Column<AccessRecord>[] => [
  { title: 'TIME', value: ({ at }) => new Date(at).toISOString() },
  { title: 'FROM', value: safe(({ source }) => partyText(source)) },
  { title: 'ADDRESS', value: safe(({ source }) => source.client || source.address) },
  { title: 'TO', value: safe(calledText) },
  { title: 'RESULT', value: (record) => resultText(record, terminal) },
  { title: 'MS', value: ({ duration }) => String(duration) },
  { title: 'MTLS', value: ({ mtls }) => (mtls ? 'yes' : 'no') },
  { title: 'SEEN BY', value: ({ side }) => (side === 'source' ? 'caller' : 'server') },
  { title: 'REQUEST', value: (record) => brief(askedText(record)) },
  { title: 'RULE', value: safe(ruleText) },
  { title: 'PRINCIPAL', value: safe(({ source }) => source.principal), wide: true },
  { title: 'SERVICE', value: safe(({ destination }) => destination.service), wide: true },
  { title: 'REQUEST ID', value: safe(({ request }) => request?.id ?? ''), wide: true },
  { title: 'TRACE', value: safe(({ request }) => request?.trace ?? ''), wide: true },
  { title: 'SERIAL', value: safe(({ tls }) => tls?.serial ?? ''), wide: true },
];

/** What this proxy alone knows of it; `weft why` joins what all of them say. */
const reasonText = (record: AccessRecord): string =>
  diagnose(record.side === 'source' ? { caller: record } : { server: record })?.words ?? '';

/** With the reason in words in place of the rule alone. */
export const failedColumns = (terminal: Terminal): readonly Column<AccessRecord>[] => [
  ...recordColumns(terminal).filter(({ title }) => title !== 'RULE'),
  { title: 'BECAUSE', value: safe(reasonText) },
  { title: 'ID', value: safe(({ request, refusal }) => request?.denial || request?.id || refusal?.id || '') },
];
