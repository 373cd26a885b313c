/** Adds records until it is killed, and says after each what is on disk. */
import { noon, recordOf } from './records.fixture.ts';
import { openRecords } from './records.ts';

const records = openRecords(process.argv[2] ?? '', { maxBytes: 1 << 30, maxAgeMs: 1 << 30 });
for (let to = records.position('pod/1') + 1; ; to += 1) {
  records.add({ records: [recordOf({ id: String(to) }), recordOf({ id: String(to) })], span: { file: 'pod/1', from: to - 1, to } }, noon);
  process.stdout.write(`${to}\n`);
}
