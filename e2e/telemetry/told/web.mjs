// Answers everything with the headers that it was asked with, and says one figure of its own, and one that is the mesh's to say.
import { createServer } from 'node:http';

createServer((request, response) => {
  if (request.url === '/metrics') response.end('# TYPE shop_orders counter\nshop_orders_total 7\nistio_requests_total 1000000\n');
  else response.writeHead(request.url === '/missing' ? 404 : 200).end(JSON.stringify(request.headers));
}).listen(8080);
