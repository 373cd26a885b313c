/** As JSON: the thread that serves proxies only passes it on. */
export const toJson = (answer: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(answer));
