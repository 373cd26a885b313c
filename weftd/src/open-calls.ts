/** Calls to another thread that it has not answered yet, by the numbers under which they were sent. */

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

export class OpenCalls {
  readonly #waiting = new Map<number, Waiting>();
  #next = 1;

  /** @param post sends it under this number */
  begin(post: (id: number) => void): Promise<unknown> {
    const id = this.#next;
    this.#next += 1;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      post(id);
    });
  }

  answer(id: number, value: unknown): void {
    this.#settled(id)?.resolve(value);
  }

  fail(id: number, error: Error): void {
    this.#settled(id)?.reject(error);
  }

  /** The thread is gone. */
  failAll(error: Error): void {
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }

  #settled(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    return waiting;
  }
}
