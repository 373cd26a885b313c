/** How long to wait before the next try: doubles from `first` to `max`, and starts over after `calm` without failure. */
export interface BackoffSettings {
  readonly first: number;
  readonly max: number;
  readonly calm: number;
}

export class Backoff {
  private readonly settings: BackoffSettings;
  private delay = 0;

  constructor(settings: BackoffSettings) {
    this.settings = settings;
  }

  /** @param ranMs how long the last try went well. */
  after(ranMs: number): number {
    const { first, max, calm } = this.settings;
    if (ranMs >= calm) this.delay = 0;
    const now = this.delay;
    this.delay = Math.min(max, Math.max(first, this.delay * 2));
    return now;
  }
}
