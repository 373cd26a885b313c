/** A record in words, the same in every list of them. */
import { type AccessRecord, diagnose, hostOfAddress, type Party, type RuleRef } from '@weft/signals';
import type { Tone } from '../../kit/parts.tsx';

/** `shop/web`; where nobody is known the identity or address. */
export const partyName = ({ namespace, workload, principal, address }: Party): string =>
  workload === '' ? principal || hostOfAddress(address) : `${namespace}/${workload}`;

export const callerName = ({ source }: AccessRecord): string => partyName(source);

/** Whom nobody knows is called as the caller called it. */
export const serverName = ({ destination, request, called }: AccessRecord): string => {
  if (destination.workload !== '') return partyName(destination);
  return destination.service || destination.address || request?.host || (called ? `port ${called}` : '');
};

export const askedFor = ({ request, protocol }: AccessRecord): string =>
  request ? `${request.method} ${request.host}${request.path}` : protocol || 'connection';

export interface Result {
  readonly words: string;
  readonly tone: Tone;
}

export const resultOf = ({ verdict, request, flags }: AccessRecord): Result => {
  const status = request && request.status > 0 ? String(request.status) : '';
  if (verdict.kind === 'denied' || request?.denial) return { words: ['denied', status].join(' ').trim(), tone: 'bad' };
  const grpc = request && !['', '0'].includes(request.grpcStatus) ? `gRPC ${request.grpcStatus}` : '';
  const words = [status, grpc, flags].filter((part) => part !== '').join(' ') || 'ok';
  const isBad = flags !== '' || grpc !== '' || (request !== undefined && request.status >= 500);
  return { words, tone: isBad ? 'warn' : 'plain' };
};

export const ruleName = ({ namespace, name, rule }: RuleRef): string => `rule ${rule} of ${namespace}/${name}`;

/** What this proxy alone knows of it; `/why` joins what all of them say. Empty where nothing went wrong and no rule was asked. */
export const reasonOf = (record: AccessRecord): string => {
  const words = diagnose(record.side === 'source' ? { caller: record } : { server: record })?.words;
  if (words !== undefined) return words;
  return record.verdict.rule ? `allowed by ${ruleName(record.verdict.rule)}` : '';
};

/** By which `/why` finds it; empty where it has none. */
export const whyId = ({ request, refusal }: AccessRecord): string => request?.denial || refusal?.id || request?.id || '';
