import type { Health } from '@weft/model';
import { Badge, type Tone } from '../kit/parts.tsx';

const tones: Readonly<Record<Health, Tone>> = { healthy: 'good', degraded: 'warn', failing: 'bad', idle: 'plain' };

const told: Readonly<Record<Health, string>> = {
  healthy: 'fewer than one request in a thousand failed',
  degraded: 'one request in a thousand failed, or more',
  failing: 'one request in ten failed, or more',
  idle: 'nobody asked anything in this time',
};

/** In a word, and what it means. */
export const HealthBadge = ({ health }: { readonly health: Health }) => (
  <Badge tone={tones[health]} title={told[health]}>
    {health}
  </Badge>
);
