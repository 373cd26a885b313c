/** Writes traces until it is killed, and says after each that it is kept. */
import { told } from './traces.fixture.ts';
import { openTraces } from './traces.ts';

const at = 1_800_000_000_000;
const traces = openTraces(process.argv[2] ?? '', { maxAgeMs: 3_600_000, maxBytes: 1024 ** 3 });
for (let number = 1; number <= 10_000; number += 1) {
  const bytes = told([{ trace: number.toString(16).padStart(32, '0'), id: 'a1', at, duration: 1 }]);
  traces.add({ bytes, teller: { service: 'web', namespace: 'shop', workload: 'web', pod: 'web-1' }, received: at });
  process.stdout.write('.');
}
