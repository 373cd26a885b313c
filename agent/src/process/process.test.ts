import { spawn } from 'node:child_process';
import { closeSync, fstatSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { afterAll, expect, test } from 'vitest';
import { Backoff } from './backoff.ts';
import { describeExit, run, start } from './child.ts';
import { LogFile } from './log-file.ts';
import { openPipe } from './pipe.ts';
import { childrenOf, isConfined, kernelUnits, usageOf } from './tree.ts';

const directory = mkdtempSync(`${tmpdir()}/weft-process-`);
afterAll(() => rmSync(directory, { recursive: true }));

test('a log keeps its last part, in two files of bounded size', () => {
  const log = new LogFile(`${directory}/bounded.log`, 100);
  for (let line = 0; line < 50; line++) log.write(Buffer.from(`line ${line}\n`));
  expect(readFileSync(`${directory}/bounded.log`).length).toBeLessThanOrEqual(100);
  expect(log.read().length).toBeLessThanOrEqual(200);
  expect(log.read(2)).toBe('line 48\nline 49\n');
  log.remove();
});

test('a log whose new file the disk does not take closes no file of others', () => {
  mkdirSync(`${directory}/gone`);
  const log = new LogFile(`${directory}/gone/app.log`, 10);
  rmSync(`${directory}/gone`, { recursive: true });
  log.write(Buffer.from('more than ten bytes'));
  expect(log.healthy).toBe(false);
  // Takes the lowest free number: the log's, had that been closed.
  const other = openSync(`${directory}/other`, 'w');
  log.write(Buffer.from('more than ten bytes'));
  expect(fstatSync(other).isFile()).toBe(true);
  closeSync(other);
  mkdirSync(`${directory}/gone`);
  log.write(Buffer.from('there again'));
  expect([log.healthy, log.read()]).toEqual([true, 'there again']);
  log.close();
});

test('followers get what is written and learn of the end; a closed log takes nothing', () => {
  const log = new LogFile(`${directory}/followed.log`);
  const seen: string[] = [];
  const end = log.follow((chunk) => seen.push(chunk.toString()));
  log.onClose(() => seen.push('closed'));
  log.write(Buffer.from('one\n'));
  end();
  log.write(Buffer.from('two\n'));
  log.close();
  log.write(Buffer.from('three\n'));
  expect(seen).toEqual(['one\n', 'closed']);
  expect(readFileSync(`${directory}/followed.log`, 'utf8')).toBe('one\ntwo\n');
});

test('the wait doubles, and a long good run forgets it', () => {
  const backoff = new Backoff({ first: 500, max: 3_000, calm: 60_000 });
  expect([1, 1, 1, 1, 1, 1].map((ran) => backoff.after(ran))).toEqual([0, 500, 1_000, 2_000, 3_000, 3_000]);
  expect(backoff.after(60_000)).toBe(0);
});

test('a program that fails says why with its last line; one that hangs is ended', async () => {
  expect(await run(['cat'], { input: 'in' })).toBe('in');
  await expect(run(['sh', '-c', 'echo one >&2; echo two >&2; exit 3'])).rejects.toThrow('sh: two');
  await expect(run(['/no/such/program'])).rejects.toThrow('ENOENT');
  await expect(run(['sleep', '5'], { timeoutMs: 100 })).rejects.toThrow('SIGKILL');
});

test('children get a clean environment, and a secret that is on no command line', async () => {
  const chunks: string[] = [];
  const child = start(['sh', '-c', 'env | sort; cat <&3'], { secret: 'hidden', output: (chunk) => chunks.push(chunk.toString()) });
  expect(describeExit(await child.exited)).toBe('exited with code 0');
  const text = chunks.join('');
  expect(text).toContain('hidden');
  expect(text.split('\n').map((line) => line.split('=')[0])).not.toContain('HOME');
});

test('an output pipe can be opened by name and ends with its last writer', async () => {
  const pipe = await openPipe(directory, undefined);
  const child = start(['sh', '-c', 'echo out > /dev/stdout; echo err > /dev/stderr'], { outputTo: pipe.writeEnd });
  pipe.closeWriteEnd();
  let text = '';
  for await (const chunk of pipe.reader) text += chunk;
  expect(text).toBe('out\nerr\n');
  expect((await child.exited).code).toBe(0);
});

test('children are found, oldest first, and one with rights is not confined', async () => {
  const child = start(['sh', '-c', 'sleep 5 & sleep 0.05; sleep 5 & wait']);
  await new Promise((resolve) => setTimeout(resolve, 300));
  const children = await childrenOf(child.pid);
  expect(children).toHaveLength(2);
  expect([...children].sort((a, b) => a - b)).toEqual(children);
  expect(await isConfined(process.pid)).toBe(false);
  for (const pid of children) process.kill(pid);
  await child.exited;
});

test('hundreds of pods that look for children at once are one reading, with few files open', async () => {
  const file = JSON.stringify(new URL('./tree.ts', import.meta.url).href);
  const script = `import(${file}).then(({ childrenOf }) => Promise.all(Array.from({ length: 500 }, () => childrenOf(process.ppid))))
    .then((all) => console.log(all.every((children) => children.includes(process.pid))));`;
  // Its parent is a shell that stays, since there is more for it to do.
  const text = await run(['sh', '-c', 'ulimit -n 120; "$0" -e "$1"; :', process.execPath, script]);
  expect(text.trim().split('\n').at(-1)).toBe('true');
});

test('tells what a process and all below it have used', async () => {
  const busy = spawn('sh', ['-c', 'sh -c "while :; do :; done" & wait'], { detached: true, stdio: 'ignore' });
  const pid = busy.pid ?? 0;
  const units = await kernelUnits();
  expect([units.pageBytes % 4096, units.ticksPerSecond]).toEqual([0, 100]);
  try {
    const deadline = Date.now() + 10_000;
    let cpuSeconds = 0;
    while (cpuSeconds < 0.1 && Date.now() < deadline) [{ cpuSeconds } = { cpuSeconds: 0 }] = await usageOf([pid], units);
    expect(cpuSeconds).toBeGreaterThanOrEqual(0.1);
    const [own] = await usageOf([process.pid], units);
    expect(own?.memoryBytes).toBeGreaterThan(20e6);
  } finally {
    process.kill(-pid, 'SIGKILL');
  }
});
