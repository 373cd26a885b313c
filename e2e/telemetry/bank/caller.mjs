// Asks the bank as often and in such ways as the query says, and answers when all is done: ?ok=40&slow=10&tcp=6&pay=12. It passes on in which trace it
// was asked, as applications have to.
import { Agent, createServer, get } from 'node:http';
import { connect } from 'node:net';
import { Client, credentials, Metadata } from '@grpc/grpc-js';

const agent = new Agent({ keepAlive: true, maxSockets: 16 });

const http = (url) => (trace) =>
  new Promise((resolve, reject) => {
    get(url, { agent, headers: { 'user-agent': 'caller', ...trace } }, (response) => response.resume().on('end', resolve)).on(
      'error',
      reject,
    );
  });

const bytes = () =>
  new Promise((resolve, reject) => {
    const socket = connect(9000, 'bank.money', () => socket.write('hello'));
    socket
      .on('data', () => socket.end())
      .on('error', reject)
      .on('close', resolve);
  });

const pass = (given) => given;
let bank;
const call = (method) => (trace) =>
  new Promise((resolve) => {
    bank ??= new Client('bank.money:9090', credentials.createInsecure());
    const metadata = new Metadata();
    for (const [name, value] of Object.entries(trace)) metadata.set(name, value);
    bank.makeUnaryRequest(`/bank.Bank/${method}`, pass, pass, Buffer.from('hello'), metadata, () => resolve());
  });

const ways = {
  ok: http('http://bank.money:8080/'),
  slow: http('http://bank.money:8080/slow'),
  bad: http('http://bank.money:8080/404'),
  failed: http('http://bank.money:8080/500'),
  gone: http('http://gone.money:8080/'),
  tcp: bytes,
  pay: call('Pay'),
  refuse: call('Refuse'),
};

createServer({ keepAliveTimeout: 0 }, async (request, response) => {
  const asked = new URL(request.url, 'http://caller').searchParams;
  const { traceparent } = request.headers;
  const trace = traceparent === undefined ? {} : { traceparent };
  const all = Object.entries(ways).flatMap(([name, way]) => Array.from({ length: Number(asked.get(name) ?? 0) }, () => way(trace)));
  try {
    await Promise.all(all);
    response.end('done\n');
  } catch (error) {
    response.writeHead(502).end(`${error.message}\n`);
  }
}).listen(8080);
