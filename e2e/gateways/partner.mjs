// A TLS server outside the mesh; the test brings its certificate.
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { setTimeout as sleep } from 'node:timers/promises';

while (!existsSync('partner.key')) await sleep(100);
createServer({ cert: readFileSync('partner.crt'), key: readFileSync('partner.key') }, (request, response) => {
  response.end(`partner ${request.headers.host} ${request.socket.servername}\n`);
}).listen(8443);
