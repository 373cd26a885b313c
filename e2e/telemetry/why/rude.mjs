/** Servers that do not do what their port is declared to do: one port for each way. */
import { createServer as createHttp2Server } from 'node:http2';
import { createServer } from 'node:net';

/** Ends the connection in place of an answer. */
createServer((socket) => socket.on('error', () => {}).once('data', () => socket.end())).listen(8082);

/** Answers with something that is no HTTP. */
createServer((socket) => socket.on('error', () => {}).once('data', () => socket.end('what do you want?\r\n\r\n'))).listen(8083);

/** Resets each request and keeps the connection. */
createHttp2Server()
  .on('stream', (stream) => stream.on('error', () => {}).close(8))
  .listen(8084);

/** Takes what comes and says nothing. */
createServer((socket) => socket.on('error', () => {}).resume()).listen(9000);
