import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type FileChanges, type FileSource, watchFolder } from './files.ts';
import { listManifests } from './folder.ts';

let home: string;
let folder: string;
let source: FileSource | undefined;
/** What was handed over, in order: `web.yaml=text`, `web.yaml gone`. */
let seen: string[];
let empty: boolean[];

const summary = (changes: FileChanges): string[] =>
  [...changes].map(([path, change]) => {
    const name = path.slice(folder.length + 1);
    return change.kind === 'text' ? `${name}=${change.text}` : `${name} ${change.kind}`;
  });

const start = (): FileSource => {
  source = watchFolder({
    folder,
    onChange: (changes) => seen.push(...summary(changes)),
    onEmpty: (now) => empty.push(now),
    onError: (error) => seen.push(`error ${String(error)}`),
  });
  return source;
};

const write = (name: string, text: string): void => writeFileSync(join(folder, name), text);

/** As editors do: a temporary file beside it, renamed over it. */
const replace = (name: string, text: string): void => {
  write(`.${name}.tmp`, text);
  renameSync(join(folder, `.${name}.tmp`), join(folder, name));
};

const settled = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'weft-files-'));
  folder = join(home, 'mesh');
  mkdirSync(folder);
  seen = [];
  empty = [];
});

afterEach(async () => {
  await source?.close();
  rmSync(home, { recursive: true, force: true });
});

test('hands over what is there, folders within included, and leaves editors’ files alone', () => {
  mkdirSync(join(folder, 'deep'));
  mkdirSync(join(folder, 'node_modules'));
  for (const name of [
    'b.yaml',
    'a.yml',
    'deep/c.json',
    '.a.yaml.swp',
    '#a.yaml#',
    'a.yaml~',
    '4913',
    'package.json',
    'node_modules/x.yaml',
  ])
    write(name, name);
  start();
  expect(seen).toEqual(['a.yml=a.yml', 'b.yaml=b.yaml', 'deep/c.json=deep/c.json']);
});

test('an atomic replacement is seen within 250 ms, again and again', async () => {
  for (let i = 0; i < 50; i += 1) write(`f${i}.yaml`, '0');
  start();
  await settled(300);
  const delays: number[] = [];
  for (let round = 1; round <= 8; round += 1) {
    const at = performance.now();
    replace('f7.yaml', `${round}`);
    await vi.waitFor(() => expect(seen).toContain(`f7.yaml=${round}`), { interval: 2, timeout: 20_000 });
    delays.push(performance.now() - at);
    await settled(40);
  }
  // The median, since other tests share the machine.
  expect(delays.sort((x, y) => x - y)[4]).toBeLessThan(250);
});

test('settle hands over what was just written, new folders included', async () => {
  write('a.yaml', '1');
  const files = start();
  write('a.yaml', '2');
  mkdirSync(join(folder, 'late'));
  write('late/b.yaml', 'new');
  await files.settle();
  expect(seen).toEqual(['a.yaml=1', 'a.yaml=2', 'late/b.yaml=new']);
  await settled(200);
  expect(seen).toHaveLength(3);
});

test('a deleted file is handed over as gone', async () => {
  write('a.yaml', '1');
  write('b.yaml', '1');
  const files = start();
  rmSync(join(folder, 'a.yaml'));
  await files.settle();
  expect(seen.slice(2)).toEqual(['a.yaml gone']);
});

test('an emptied folder deletes nothing, and what comes back is seen', async () => {
  for (const name of ['a.yaml', 'b.yaml', 'c.yaml']) write(name, '1');
  const files = start();
  await settled(100);
  rmSync(folder, { recursive: true });
  await files.settle();
  await vi.waitFor(() => expect(empty).toEqual([true]), { timeout: 20_000 });
  expect(seen).toHaveLength(3);

  mkdirSync(folder);
  write('b.yaml', '22');
  await vi.waitFor(() => expect(seen).toContain('b.yaml=22'), { timeout: 20_000 });
  await vi.waitFor(() => expect(seen.slice(4).sort()).toEqual(['a.yaml gone', 'c.yaml gone']), { timeout: 20_000 });
  expect(empty).toEqual([true, false]);
  await settled(150);
  replace('b.yaml', '333');
  await vi.waitFor(() => expect(seen).toContain('b.yaml=333'), { timeout: 20_000 });
});

test('what cannot be read is said, not guessed', () => {
  writeFileSync(join(folder, 'latin.yaml'), Buffer.from([0x61, 0x3a, 0xe9]));
  start();
  expect(seen).toEqual(['latin.yaml unreadable']);
});

test('what is no file is left alone, and nothing is waited for', () => {
  mkdirSync(join(folder, 'folder.yaml'));
  execFileSync('mkfifo', [join(folder, 'pipe.yaml')]);
  symlinkSync('pipe.yaml', join(folder, 'to-pipe.yaml'));
  symlinkSync('/dev/zero', join(folder, 'zero.yaml'));
  symlinkSync('nowhere', join(folder, 'nowhere.yaml'));
  // A link in a circle ended weftd.
  symlinkSync('self.yaml', join(folder, 'self.yaml'));
  write('a.yaml', '1');
  start();
  expect(seen).toEqual(['a.yaml=1', 'self.yaml unreadable']);
});

test('folders that link to one another are read once', () => {
  write('a.yaml', '1');
  for (let i = 0; i < 12; i++) {
    mkdirSync(join(folder, `d${i}`));
    for (let j = 0; j < 12; j++) symlinkSync(`../d${j}`, join(folder, `d${i}`, `link${j}`));
    write(`d${i}/x.yaml`, String(i));
  }
  symlinkSync('.', join(folder, 'again'));
  mkdirSync(join(home, 'elsewhere'));
  writeFileSync(join(home, 'elsewhere', 'e.yaml'), '2');
  symlinkSync('../elsewhere', join(folder, 'there'));
  expect([...listManifests(folder).keys()].filter((path) => !path.includes('/d'))).toEqual([
    join(folder, 'a.yaml'),
    join(folder, 'there/e.yaml'),
  ]);
  expect(listManifests(folder).size).toBe(14);
});

/** Says it is empty and never ends, as /proc/kmsg does for those who may read it. */
test('a file that is larger than it says is read to the limit only', () => {
  symlinkSync('/proc/self/pagemap', join(folder, 'endless.yaml'));
  start();
  expect(seen).toEqual(['endless.yaml unreadable']);
});
