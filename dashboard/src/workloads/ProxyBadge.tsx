import type { ProxyStatus } from '@weft/model';
import { Badge, type Tone } from '../kit/parts.tsx';
import { proxyState } from './crew.ts';

const tones: Readonly<Record<ReturnType<typeof proxyState>, Tone>> = {
  none: 'plain',
  refuses: 'bad',
  disconnected: 'bad',
  behind: 'warn',
  'in step': 'good',
};

const told: Readonly<Record<ReturnType<typeof proxyState>, string>> = {
  none: 'it runs without a proxy',
  refuses: 'it refused what it was sent last, and goes on with what it had',
  disconnected: 'it has no connection to the control plane, and goes on with what it had',
  behind: 'it has not acknowledged the newest configuration yet',
  'in step': 'it has acknowledged the newest configuration',
};

export const ProxyBadge = ({ proxies }: { readonly proxies: readonly ProxyStatus[] }) => {
  const state = proxyState(proxies);
  return (
    <Badge tone={tones[state]} title={told[state]}>
      {state}
    </Badge>
  );
};
