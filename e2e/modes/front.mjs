// Each request asks a server in three ways: by its Service, at one of its pods (headless), and by TCP. All or 502.
import { Agent, createServer, request } from 'node:http';
import { connect } from 'node:net';

const agent = new Agent({ keepAlive: true, maxSockets: 32 });

const http = (url) =>
  new Promise((resolve, reject) => {
    const outgoing = request(url, { agent, timeout: 10_000 }, async (incoming) => {
      const text = (await incoming.toArray()).join('');
      if (incoming.statusCode === 200) resolve(text);
      else reject(new Error(`${url}: ${incoming.statusCode} ${text}`));
    });
    outgoing.on('timeout', () => outgoing.destroy(new Error('no answer')));
    outgoing.on('error', (error) => reject(new Error(`${url}: ${error.message}`)));
    outgoing.end();
  });

const bytes = (host, port) =>
  new Promise((resolve, reject) => {
    const socket = connect(port, host);
    let text = '';
    let connected = 0;
    const began = Date.now();
    socket.on('connect', () => {
      connected = Date.now();
    });
    socket.setTimeout(10_000, () => socket.destroy(new Error(`bytes no answer began ${began} connected ${connected}`)));
    socket.on('data', (data) => {
      // The server speaks first.
      if (text === '') socket.write('ping');
      text += data;
      if (!text.endsWith('ping')) return;
      resolve(text);
      socket.end();
    });
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('bytes: closed')));
  });

const server = createServer(async (_, response) => {
  try {
    const [service, pod] = await Promise.all([http('http://server:8080/'), http('http://each:8080/'), bytes('server', 9000)]);
    response.end(`${service}${pod}`);
  } catch (error) {
    response.writeHead(502).end(`${error.message}\n`);
  }
}).listen(8080);
server.keepAliveTimeout = 0;
