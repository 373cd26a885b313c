/** Lines as they came → records that are kept once, however often the lines were sent. */
import { readRecord } from '@weft/signals';
import { labelsOf, type MeshNames } from '../labels.ts';
import type { LossCounts } from './losses.ts';
import type { Stretch } from './otlp.ts';
import type { RecordBatch, Records } from './records.ts';

const decoder = new TextDecoder();

/** Without what was taken up to `taken`. */
const remaining = ({ lines, from }: Stretch, taken: number): readonly Uint8Array[] => {
  let begin = from;
  return lines.filter((line) => {
    const isNew = begin >= taken;
    begin += line.length + 1;
    return isNew;
  });
};

const batchOf = (stretch: Stretch, taken: number, mesh: MeshNames): RecordBatch => {
  const own = labelsOf(stretch.pod, mesh);
  const read = remaining(stretch, taken).map((line) => readRecord(decoder.decode(line), own));
  const records = read.filter((one) => typeof one !== 'string');
  const { file, from, to, dropped } = stretch;
  const losses: LossCounts = { damaged: stretch.damaged + read.length - records.length, dropped };
  return { records, losses, span: { file, from: Math.max(from, taken), to } };
};

/** All of them in one transaction: together they are one acknowledgement. */
export const batchesOf = (stretches: readonly Stretch[], records: Pick<Records, 'position'>, mesh: MeshNames): readonly RecordBatch[] =>
  stretches.flatMap((stretch) => {
    const taken = records.position(stretch.file);
    return taken >= stretch.to ? [] : [batchOf(stretch, taken, mesh)];
  });
