/** Bytes there and bytes back: backends say who they are in brackets, and whoever reads HTTP complains in HTTP. */
import { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import { clientOptions, type Dialled, type Encryption, opened } from './client.ts';

const patienceMs = 20_000;

const isWhole = (text: string): boolean => text.endsWith(']') || text.startsWith('HTTP/');

/** What comes back to a connection that says it; empty where it is closed instead. */
export const exchange = (dialled: Dialled, bytes: Buffer): Promise<string> =>
  new Promise((resolve) => {
    const socket = opened(dialled);
    let text = '';
    const finish = () => {
      socket.destroy();
      resolve(text);
    };
    socket.on('data', (data) => {
      text += data.toString('latin1');
      if (isWhole(text)) finish();
    });
    socket.on('end', finish);
    socket.on('error', finish);
    socket.setTimeout(patienceMs, finish);
    socket.write(bytes);
  });

const hellos = new Map<string, Promise<Buffer>>();

/** The first bytes of a TLS connection. */
export const clientHello = (encryption: Encryption): Promise<Buffer> => {
  const key = JSON.stringify(encryption);
  const known = hellos.get(key);
  if (known) return known;
  const made = new Promise<Buffer>((resolve) => {
    const wire = new Duplex({
      read: () => {},
      write: (chunk: Buffer, _encoding, done) => {
        resolve(chunk);
        done();
      },
    });
    connectTls({ ...clientOptions(encryption), socket: wire }).on('error', () => {});
  });
  hellos.set(key, made);
  return made;
};

const bracket = '['.charCodeAt(0);

/** TLS as a client speaks it: either it ends somewhere and `bytes` are answered inside, or a backend gets the hello itself. */
export const exchangeInside = (dialled: Dialled, encryption: Encryption, bytes: Buffer): Promise<string> =>
  new Promise((resolve) => {
    const socket = opened(dialled);
    const wire = new Duplex({ read: () => {}, write: (chunk: Buffer, _encoding, done) => void socket.write(chunk, () => done()) });
    const inside = connectTls({ ...clientOptions(encryption), socket: wire });
    let text = '';
    let isClear = false;
    const finish = () => {
      socket.destroy();
      inside.destroy();
      resolve(text);
    };
    const take = (data: Buffer) => {
      text += data.toString('latin1');
      if (isWhole(text)) finish();
    };
    socket.on('data', (data) => {
      isClear ||= data[0] === bracket;
      if (isClear) take(data);
      else wire.push(data);
    });
    socket.on('end', finish);
    socket.on('error', finish);
    socket.setTimeout(patienceMs, finish);
    inside.on('secureConnect', () => inside.write(bytes));
    inside.on('data', take);
    inside.on('error', finish);
  });
