/** As many requests as kept connections carry, each after the answer before: bytes, since a client would compute more than the proxies it asks. */
import { connect, type Socket } from 'node:net';

export interface Flood {
  readonly address: string;
  readonly port: number;
  readonly count: number;
  /** The whole head of a request without a body. */
  readonly head: (index: number) => string;
  readonly connections?: number;
}

/** Bytes of the first answer, with its head; undefined until all of it is there. */
const lengthOf = (received: Buffer): number | undefined => {
  const end = received.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const length = end + 4 + Number(/content-length: (\d+)/i.exec(received.toString('latin1', 0, end))?.[1] ?? 0);
  return received.length < length ? undefined : length;
};

const opened = ({ address, port }: Flood): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = connect({ host: address, port, noDelay: true }, () => resolve(socket));
    socket.on('error', reject);
  });

/** Asks until nothing is left; a connection that ends before is opened again for the next request. */
const lane = async (flood: Flood, next: () => number | undefined, count: (status: number) => void): Promise<void> => {
  for (let index = next(); index !== undefined; ) {
    const socket = await opened(flood);
    index = await new Promise<number | undefined>((resolve) => {
      let received = Buffer.alloc(0);
      let asked = index;
      const ask = (): void => void socket.write(flood.head(asked as number), 'latin1');
      socket.on('data', (data) => {
        received = received.length === 0 ? data : Buffer.concat([received, data]);
        const length = lengthOf(received);
        if (length === undefined) return;
        count(Number(received.toString('latin1', 9, 12)));
        received = received.subarray(length);
        asked = next();
        if (asked === undefined) socket.destroy();
        else ask();
      });
      // A refusal of the protocol comes with the connection's end.
      socket.on('close', () => resolve(asked === index ? next() : asked));
      ask();
    });
  }
};

/** @returns how often each status was answered */
export const flood = async (input: Flood): Promise<Readonly<Record<number, number>>> => {
  let begun = 0;
  const statuses: Record<number, number> = {};
  const next = (): number | undefined => (begun < input.count ? begun++ : undefined);
  const count = (status: number): void => {
    statuses[status] = (statuses[status] ?? 0) + 1;
  };
  await Promise.all(Array.from({ length: input.connections ?? 16 }, () => lane(input, next, count)));
  return statuses;
};
