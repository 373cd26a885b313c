// Answers everything with the headers that it was asked with, and says one figure of its own, and one that is the mesh's to say: or what it is told to.
import { createServer } from 'node:http';

const endless = (response) => {
  if (response.write('shop_endless{of="it"} 1\n'.repeat(10_000))) setImmediate(endless, response);
  else response.once('drain', () => endless(response));
};

const says = {
  plain: (response) => response.end('# TYPE shop_orders counter\nshop_orders_total 7\nistio_requests_total 1000000\n'),
  nothing: () => {},
  endless,
  garbage: (response) => {
    const odd = [
      '# TYPE shop_odd teapot',
      'shop_odd{a="1",a="2"} 3',
      'shop odd 3',
      'shop_odd{a="',
      'weft_proxy_answered 0',
      'x'.repeat(1_000_000),
    ];
    const twice = ['shop_twice{of="it"} 1', 'shop_twice{of="it"} 2'];
    response.write(`${odd.join('\n')}\n`);
    response.write(Buffer.from([0xff, 0x00, 0x80, 0x0a]));
    response.end(`${twice.join('\n')}\nshop_fine{of="\\"it\\""} 3\n`);
  },
  nonsense: (response) => response.end('<html>\n<body>no metrics here</body>\n</html>\n'),
};
let say = 'plain';

createServer((request, response) => {
  const [path, query] = request.url.split('?');
  if (path === '/metrics') return says[say](response);
  if (path === '/say') say = query;
  response.writeHead(path === '/missing' ? 404 : 200).end(JSON.stringify(request.headers));
}).listen(8080);
