/** One bucket for each key: `burst` at once, then `perSecond`. Full buckets are forgotten, so memory follows the last seconds only. */
export const rateLimit = ({
  perSecond,
  burst,
  now,
}: {
  perSecond: number;
  burst: number;
  now: () => number;
}): ((key: string) => boolean) => {
  const buckets = new Map<string, { level: number; at: number }>();
  const levelAt = ({ level, at }: { level: number; at: number }, time: number): number =>
    Math.max(0, level - ((time - at) / 1000) * perSecond);
  return (key) => {
    const time = now();
    if (buckets.size > 1000) for (const [other, bucket] of buckets) if (levelAt(bucket, time) === 0) buckets.delete(other);
    const bucket = buckets.get(key);
    const level = bucket ? levelAt(bucket, time) : 0;
    if (level + 1 > burst) return false;
    buckets.set(key, { level: level + 1, at: time });
    return true;
  };
};
