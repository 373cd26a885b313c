/** Answers everything with one status, on all of these ports. */
import { createServer } from 'node:http';

const [status, ...ports] = process.argv.slice(2);
for (const port of ports) createServer((request, response) => response.writeHead(Number(status)).end(request.url)).listen(Number(port));
