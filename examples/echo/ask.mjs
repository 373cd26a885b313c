/**
 * Asks a URL many times and counts the answers:
 *   node ask.mjs URL [-n 100] [-c 10] [-H 'name: value']... [--by version] [--time]
 * -n requests, -c of them at a time; answers are told apart by status and by the fields of their JSON that --by names
 * (`version` where nothing is said); --time tells them apart by their time too, in whole seconds.
 */
import { Agent, request } from 'node:http';
import { parseArgs } from 'node:util';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    n: { type: 'string', short: 'n', default: '100' },
    c: { type: 'string', short: 'c', default: '10' },
    header: { type: 'string', short: 'H', multiple: true, default: [] },
    by: { type: 'string', default: 'version' },
    time: { type: 'boolean', default: false },
  },
});
const [url = ''] = positionals;
const fields = values.by.split(',');
const headers = Object.fromEntries(values.header.map((line) => line.split(/:\s*/, 2)));
const agent = new Agent({ keepAlive: true, maxSockets: Number(values.c) });

/** `{status, text}`; never throws. */
const ask = () =>
  new Promise((resolve) => {
    const outgoing = request(url, { agent, headers, timeout: 30_000 }, async (incoming) => {
      const text = (await incoming.toArray()).join('');
      resolve({ status: String(incoming.statusCode), text });
    });
    outgoing.on('timeout', () => outgoing.destroy(new Error('no answer')));
    outgoing.on('error', (error) => resolve({ status: 'error', text: error.message }));
    outgoing.end();
  });

/** Fields of a JSON answer, dots lead into it; of any other answer its first line. */
const described = (text) => {
  try {
    const body = JSON.parse(text);
    return fields.map((field) => field.split('.').reduce((value, name) => value?.[name], body) ?? '-');
  } catch {
    return [text.split('\n')[0]];
  }
};

const seen = new Map();
let left = Number(values.n);
const worker = async () => {
  while (left-- > 0) {
    const began = performance.now();
    const { status, text } = await ask();
    const seconds = Math.floor((performance.now() - began) / 1000);
    const key = [status, ...described(text), ...(values.time ? [`${seconds} s`] : [])].join('  ');
    seen.set(key, (seen.get(key) ?? 0) + 1);
  }
};
await Promise.all(Array.from({ length: Number(values.c) }, worker));
agent.destroy();
for (const [key, count] of [...seen].sort()) console.log(`${String(count).padStart(6)}  ${key}`);
