/** Rules about how things stand now: certificates and proxies. */
import { parsePeriod, periodText } from '@weft/model';
import type { Judge } from './watch.ts';

const inSeconds = (ms: number): string => periodText(Math.max(0, Math.floor(ms / 1000) * 1000));

export const certificateExpiry: Judge = async ({ rule, signal, namespace }, { sight, now }) => {
  const within = parsePeriod(signal.certificateExpiry?.within ?? '') ?? 0;
  return sight.certificates
    .filter((certificate) => namespace === undefined || certificate.namespace === namespace)
    .map(({ namespace: of, name, notAfter }) => {
      const left = notAfter - now;
      const reason = left > 0 ? `valid for ${inSeconds(left)} more` : `not valid any more since ${inSeconds(-left)}`;
      return { rule: rule.name, labels: { namespace: of, certificate: name }, judgement: { holds: left < within, reason } };
    });
};

export const proxyOutOfStep: Judge = async ({ rule, namespace }, { sight }) =>
  sight.proxies
    .filter((proxy) => namespace === undefined || proxy.namespace === namespace)
    .map(({ namespace: of, name, connected, inStep }) => ({
      rule: rule.name,
      labels: { namespace: of, pod: name },
      judgement: {
        holds: !connected || !inStep,
        reason: connected ? (inStep ? 'in step' : 'has not acknowledged what is in force') : 'not connected',
      },
    }));
