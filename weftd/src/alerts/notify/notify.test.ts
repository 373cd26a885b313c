/** What goes over the wire to each kind of receiver. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type AddressInfo, createServer as createTcpServer, type Server as TcpServer } from 'node:net';
import { text } from 'node:stream/consumers';
import { createServer as createTlsServer } from 'node:tls';
import type { AlertReceiver } from '@weft/model';
import type { Alert, Notification } from '@weft/signals';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { resolveBySystem } from '../../outbound/guard.ts';
import { selfSigned } from '../../outbound/self-signed.fixture.ts';
import { notify } from './notify.ts';

const at = Date.UTC(2026, 0, 1);

const alert = (labels: Alert['labels'], state: Alert['state']): Alert => ({
  id: JSON.stringify(labels),
  rule: 'r',
  labels: { alertname: 'Slow', namespace: 'shop', ...labels },
  state,
  reason: 'p99 was <700> ms & more',
});

const firing = alert({ service: 'a', severity: 'page' }, { kind: 'firing', since: at, fired: at + 1000 });
const over = alert({ service: 'b', severity: 'ticket' }, { kind: 'resolved', fired: at, at: at + 5000 });

const telling = (notification: Partial<Notification>) => ({
  notification: {
    ...{ id: 'g#1', receiver: 'shop/r/0/x', group: 'g', labels: { namespace: 'shop' }, occasion: 'first' as const },
    ...{ firing: [firing], resolved: [over] },
    ...notification,
  },
  summary: () => 'It is <slow>',
  externalUrl: 'http://weft',
  now: at + 10_000,
});

interface Request {
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: Record<string, unknown>;
}

let server: Server;
let url: string;
let seen: Request[];
let status: number;
beforeEach(async () => {
  seen = [];
  status = 200;
  server = createServer(async (request, response) => {
    seen.push({ url: request.url ?? '', headers: request.headers, body: JSON.parse(await text(request)) });
    response.writeHead(status, { location: `${url}/elsewhere` }).end('no\nthanks');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});

const secrets = new Map([
  ['url', ''],
  ['token', 'hidden\n'],
]);

const tell = (receiver: AlertReceiver, notification: Partial<Notification> = {}, allowed: readonly string[] = ['127.0.0.0/8']) =>
  notify(telling(notification), receiver, {
    secret: ({ key }) => (key === 'url' ? `${url}/secret\n` : (secrets.get(key) ?? '')),
    reach: { allowed, resolve: resolveBySystem },
    signal: AbortSignal.timeout(5000),
  });

test('a webhook is told as Alertmanager would', async () => {
  await tell({ webhook: { url: `${url}/hook`, bearerToken: { name: 's', key: 'token' } } });
  expect(seen[0]?.url).toBe('/hook');
  expect(seen[0]?.headers).toMatchObject({ authorization: 'Bearer hidden', 'idempotency-key': expect.stringMatching(/^[0-9a-f]{16}$/) });
  expect(seen[0]?.body).toMatchObject({
    version: '4',
    groupKey: 'g',
    status: 'firing',
    receiver: 'shop/r/0/x',
    groupLabels: { namespace: 'shop' },
    commonLabels: { alertname: 'Slow', namespace: 'shop' },
    alerts: [
      {
        status: 'firing',
        labels: { service: 'a' },
        annotations: { summary: 'It is <slow>', description: 'p99 was <700> ms & more' },
        startsAt: '2026-01-01T00:00:01.000Z',
        endsAt: '0001-01-01T00:00:00Z',
      },
      { status: 'resolved', startsAt: '2026-01-01T00:00:00.000Z', endsAt: '2026-01-01T00:00:05.000Z' },
    ],
  });
});

test('Slack is told without what its marks would make of it, at an address that is a secret', async () => {
  await tell({ slack: { urlSecret: { name: 's', key: 'url' } } });
  expect(seen[0]?.url).toBe('/secret');
  expect(seen[0]?.body).toEqual({
    attachments: [
      {
        color: '#d00000',
        title: '[FIRING:1] Slow (namespace=shop service=a severity=page)',
        fallback: '[FIRING:1] Slow (namespace=shop service=a severity=page)',
        text: 'firing: It is &lt;slow&gt;: p99 was &lt;700&gt; ms &amp; more\nresolved: It is &lt;slow&gt;: p99 was &lt;700&gt; ms &amp; more',
      },
    ],
  });
});

test('what alerts are called mentions nobody and leads nowhere, in Slack and in those that are like it', async () => {
  const named = alert({ service: '<!channel> @here [free](http://evil.example) <http://evil.example|docs>' }, firing.state);
  await tell({ slack: { urlSecret: { name: 's', key: 'url' } } }, { firing: [named], resolved: [] });
  const text = JSON.stringify(seen[0]?.body);
  expect(text).not.toMatch(/<|>|@here|\]\(http/);
  expect(text).toContain('&lt;!channel&gt;');
});

test('PagerDuty is told of one incident for a group, from its beginning to its end', async () => {
  const receiver = { pagerDuty: { routingKey: { name: 's', key: 'token' }, url: `${url}/v2/enqueue` } };
  await tell(receiver);
  await tell(receiver, { firing: [] });
  expect(seen.map(({ body }) => body)).toMatchObject([
    { routing_key: 'hidden', event_action: 'trigger', payload: { severity: 'critical', source: 'shop' } },
    { event_action: 'resolve', payload: { severity: 'warning' } },
  ]);
  expect(seen[0]?.body['dedup_key']).toBe(seen[1]?.body['dedup_key']);
});

test('an Alertmanager is told until when to believe it', async () => {
  await tell({ alertmanager: { url: `${url}/` } });
  expect(seen[0]?.url).toBe('/api/v2/alerts');
  expect(seen[0]?.body).toMatchObject([{ endsAt: '2026-01-01T00:04:10.000Z' }, { endsAt: '2026-01-01T00:00:05.000Z' }]);
});

test.each([400, 429, 500, 302])('an answer of %i is a failure that is told, and leads nowhere', async (code) => {
  status = code;
  await expect(tell({ webhook: { url } })).rejects.toThrow(`the answer is ${code}: no thanks`);
  expect(seen).toHaveLength(1);
});

test('nobody inside is told, unless the settings say so', async () => {
  await expect(tell({ webhook: { url } }, {}, [])).rejects.toThrow('127.0.0.1 is inside (loopback)');
  await expect(tell({ slack: { urlSecret: { name: 's', key: 'url' } } }, {}, [])).rejects.toThrow('is inside');
  await expect(tell(email(25), {}, [])).rejects.toThrow('127.0.0.1 is inside (loopback)');
  expect(seen).toEqual([]);
});

test('a name is judged by the address that is connected to, whatever it was a moment ago', async () => {
  let asked = 0;
  const resolve = async () => {
    asked += 1;
    return [{ address: asked === 1 ? '127.0.0.2' : '127.0.0.1', family: 4 }];
  };
  const webhook = { url: url.replace('127.0.0.1', 'hooks.example') };
  const outside = { secret: () => '', reach: { allowed: ['127.0.0.2/32'], resolve }, signal: AbortSignal.timeout(5000) };
  await expect(notify(telling({}), { webhook }, outside)).rejects.toThrow();
  await expect(notify(telling({}), { webhook }, outside)).rejects.toThrow('127.0.0.1 is inside');
  expect(seen).toEqual([]);
});

test('who is told of no credential in what goes wrong: of a Secret that holds no address, and of one that leads on', async () => {
  const outside = { secret: () => 'https://me:hidden@hooks.example/', reach: { allowed: [], resolve: resolveBySystem } };
  const told = notify(telling({}), { slack: { urlSecret: { name: 's', key: 'url' } } }, { ...outside, signal: AbortSignal.timeout(5000) });
  const said = await told.catch((error: Error) => error.message);
  expect(said).toBe('what the Secret holds is no address');
  status = 307;
  const receiver = { webhook: { url: `${url}/hook`, bearerToken: { name: 's', key: 'token' } } };
  await expect(tell(receiver)).rejects.toThrow('the answer is 307');
  // The token went to the address that was written down, and to no other.
  expect(seen.map(({ url: path }) => path)).toEqual(['/hook']);
});

describe('an answer', () => {
  const toldAt = async (work: (response: ServerResponse) => void, ms = 5000): Promise<unknown> => {
    const made = createServer((request, response) => void text(request).then(() => work(response)));
    await new Promise<void>((resolve) => made.listen(0, '127.0.0.1', resolve));
    const address = `http://127.0.0.1:${(made.address() as AddressInfo).port}/`;
    const outside = { secret: () => '', reach: { allowed: ['127.0.0.1'], resolve: resolveBySystem }, signal: AbortSignal.timeout(ms) };
    return notify(telling({}), { webhook: { url: address } }, outside).finally(() => {
      made.closeAllConnections();
      made.close();
    });
  };

  test('that is too large is given up', async () => {
    const endless = (response: ServerResponse): void => {
      const timer = setInterval(() => response.write('x'.repeat(10_000)), 1);
      response.on('close', () => clearInterval(timer));
    };
    await expect(toldAt(endless)).rejects.toThrow('larger than 64 KiB');
  });

  test('that does not come, or does not end, is given up', async () => {
    await expect(toldAt(() => {}, 100)).rejects.toThrow(/timeout|aborted/i);
    await expect(toldAt((response) => response.write('{'), 100)).rejects.toThrow(/timeout|aborted/i);
  });
});

const email = (port: number, more: object = {}): AlertReceiver => ({
  email: { to: ['ops@example.org'], from: 'weft@example.org', smarthost: `127.0.0.1:${port}`, tls: 'None', ...more },
});

/** As much of SMTP as a letter needs. */
const mailServer = async (replies: (line: string) => string): Promise<{ server: TcpServer; port: number; lines: string[] }> => {
  const lines: string[] = [];
  const made = createTcpServer((socket) => {
    let isLetter = false;
    socket.write('220 mail\r\n');
    socket.on('error', () => {});
    socket.setEncoding('utf8').on('data', (chunk: unknown) => {
      for (const line of String(chunk).split('\r\n').slice(0, -1)) {
        lines.push(line);
        if (isLetter && line !== '.') continue;
        isLetter = line === 'DATA';
        socket.write(`${isLetter ? '354 go on' : replies(line)}\r\n`);
      }
    });
  });
  await new Promise<void>((resolve) => made.listen(0, '127.0.0.1', resolve));
  return { server: made, port: (made.address() as AddressInfo).port, lines };
};

test('mail is sent as text, to everybody who is named', async () => {
  const mail = await mailServer(() => '250 fine');
  try {
    await tell(email(mail.port, { to: ['ops@example.org', 'dev@example.org'] }));
    expect(mail.lines).toEqual(
      expect.arrayContaining([
        'MAIL FROM:<weft@example.org>',
        'RCPT TO:<ops@example.org>',
        'RCPT TO:<dev@example.org>',
        'Subject: [FIRING:1] Slow (namespace=shop service=a severity=page)',
        'firing: It is <slow>: p99 was <700> ms & more',
      ]),
    );
  } finally {
    mail.server.close();
  }
});

test('mail is not sent in plain text unless it is asked for, nor a password ever', async () => {
  const mail = await mailServer((line) => (line === 'STARTTLS' ? '502 what' : '250 fine'));
  try {
    const account = { tls: 'StartTLS', username: 'weft', password: { name: 's', key: 'token' } };
    await expect(tell(email(mail.port, account))).rejects.toThrow(/STARTTLS|TLS/);
    expect(mail.lines.join('\n')).not.toMatch(/AUTH|hidden|Slow/);
  } finally {
    mail.server.close();
  }
});

test('a mail server whose certificate nobody trusts gets no letter, whatever the environment says', async () => {
  const heard: string[] = [];
  const made = createTlsServer(await selfSigned(), (socket) => {
    socket.on('error', () => {}).on('data', (chunk) => heard.push(String(chunk)));
    socket.write('220 mail\r\n');
  });
  await new Promise<void>((resolve) => made.listen(0, '127.0.0.1', resolve));
  process.env['NODE_TLS_REJECT_UNAUTHORIZED'] = '0';
  try {
    await expect(tell(email((made.address() as AddressInfo).port, { tls: 'Implicit' }))).rejects.toThrow(/certificate/);
    expect(heard).toEqual([]);
  } finally {
    delete process.env['NODE_TLS_REJECT_UNAUTHORIZED'];
    made.close();
  }
});
