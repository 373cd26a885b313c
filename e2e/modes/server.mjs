// HTTP on 8080 and 8081, which no Service names; on 9000 bytes that come back, after a greeting.
import { createServer } from 'node:http';
import { createServer as createTcp } from 'node:net';

const answer = (request, response) => response.end(`${request.headers['x-forwarded-client-cert'] ?? 'nobody'}\n`);
for (const port of [8080, 8081]) {
  const server = createServer(answer).listen(port);
  server.keepAliveTimeout = 0;
}
createTcp((socket) => {
  socket.on('error', () => socket.destroy());
  socket.write('ready ');
  socket.pipe(socket);
}).listen(9000);
