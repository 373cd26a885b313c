// HTTP on 8080: /slow takes its time, /500 and the like answer with that status. On 9000 bytes that come back. gRPC on 9090: any method answers
// what it was sent, and one called /Refuse is not found.
import { createServer } from 'node:http';
import { createServer as createTcp } from 'node:net';
import { Server, ServerCredentials, status } from '@grpc/grpc-js';

const answer = (request, response) => {
  const code = Number(/^\/(\d{3})$/.exec(request.url)?.[1] ?? 200);
  const send = () => response.writeHead(code).end('done\n');
  if (request.url === '/slow') setTimeout(send, 60);
  else send();
};
createServer({ keepAliveTimeout: 0 }, answer).listen(8080);

createTcp((socket) => {
  socket.on('error', () => socket.destroy());
  socket.pipe(socket);
}).listen(9000);

const pass = (bytes) => bytes;
const method = (name) => ({
  path: `/bank.Bank/${name}`,
  ...{ requestStream: false, responseStream: false },
  ...{ requestSerialize: pass, requestDeserialize: pass, responseSerialize: pass, responseDeserialize: pass },
});
const server = new Server();
server.addService(
  { pay: method('Pay'), refuse: method('Refuse') },
  {
    pay: (call, done) => done(null, call.request),
    refuse: (_, done) => done({ code: status.NOT_FOUND, details: 'no such account' }),
  },
);
server.bindAsync('0.0.0.0:9090', ServerCredentials.createInsecure(), (error) => {
  if (error) throw error;
});
