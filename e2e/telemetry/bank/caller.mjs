// Asks the bank as often and in such ways as the query says, and answers what came of it when all is done: ?ok=40&slow=10&tcp=6&pay=12. How often
// there was which outcome, and how long each request took, is its own account of it. It passes on in which trace it was asked, as applications
// have to.
import { Agent, createServer, get } from 'node:http';
import { connect } from 'node:net';
import { Client, credentials, Metadata } from '@grpc/grpc-js';

/** So many are under way at once, and none waits for a connection: the time that it would wait is no part of a request. */
const lanes = 16;
const agent = new Agent({ keepAlive: true, maxSockets: lanes });

const http = (url) => (trace) =>
  new Promise((resolve, reject) => {
    get(url, { agent, headers: { 'user-agent': 'caller', ...trace } }, (response) =>
      response.resume().on('end', () => resolve(`http ${response.statusCode}`)),
    ).on('error', reject);
  });

const bytes = () =>
  new Promise((resolve, reject) => {
    const socket = connect(9000, 'bank.money', () => socket.write('hello'));
    socket
      .on('data', () => socket.end())
      .on('error', reject)
      .on('close', () => resolve('tcp'));
  });

const pass = (given) => given;
let bank;
const call = (method) => (trace) =>
  new Promise((resolve) => {
    bank ??= new Client('bank.money:9090', credentials.createInsecure());
    const metadata = new Metadata();
    for (const [name, value] of Object.entries(trace)) metadata.set(name, value);
    bank.makeUnaryRequest(`/bank.Bank/${method}`, pass, pass, Buffer.from('hello'), metadata, (error) =>
      resolve(`grpc ${error?.code ?? 0}`),
    );
  });

const ways = {
  ok: http('http://bank.money:8080/'),
  kept: http('http://bank.money:8080/kept'),
  slow: http('http://bank.money:8080/slow'),
  bad: http('http://bank.money:8080/404'),
  failed: http('http://bank.money:8080/500'),
  gone: http('http://gone.money:8080/'),
  tcp: bytes,
  pay: call('Pay'),
  refuse: call('Refuse'),
};

/** Each lane takes the next that nobody has begun. */
const inLanes = async (all, trace) => {
  const [outcomes, milliseconds] = [{}, []];
  const work = async () => {
    for (let way = all.shift(); way; way = all.shift()) {
      const begin = performance.now();
      const outcome = await way(trace);
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
      if (outcome !== 'tcp') milliseconds.push(Number((performance.now() - begin).toFixed(2)));
    }
  };
  await Promise.all(Array.from({ length: lanes }, work));
  return { outcomes, milliseconds };
};

createServer({ keepAliveTimeout: 0 }, async (request, response) => {
  const asked = new URL(request.url, 'http://caller').searchParams;
  const { traceparent } = request.headers;
  const trace = traceparent === undefined ? {} : { traceparent };
  const all = Object.entries(ways).flatMap(([name, way]) => Array.from({ length: Number(asked.get(name) ?? 0) }, () => way));
  try {
    response.end(JSON.stringify(await inLanes(all, trace)));
  } catch (error) {
    response.writeHead(502).end(`${error.message}\n`);
  }
}).listen(8080);
