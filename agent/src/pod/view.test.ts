import { expect, test } from 'vitest';
import { expandReferences } from './environment.ts';
import { quote, type View, viewScript } from './view.ts';

const view: View = {
  hostname: 'web',
  covers: ['/home', '/root', '/home/ann'],
  shows: ['/home/ann/shop', '/home/ann/shop/apps', '/usr'],
  guards: ['/srv/weft'],
  secrets: ['/home/ann/.local/state/weft', '/run/weft-1'],
  files: { '/etc/hosts': "it's" },
};
const lines = viewScript(view).split('\n');
const at = (line: string): number => {
  const index = lines.indexOf(line);
  expect(index, line).toBeGreaterThan(-1);
  return index;
};

test('covers come before what is shown again, secrets after it, and sources go away last', () => {
  const order = [
    'mount -n --rbind / /run/weft/stage',
    "empty 0755 '/home'",
    "show '/home/ann/shop'",
    "hide '/home/ann/.local/state/weft'",
    'umount -n -l /run/weft/stage',
    'empty 0755 /run',
    'mount -n -t proc -o nosuid,nodev,noexec proc /proc',
    'guard /proc/sys',
    'exec "$@"',
  ];
  const places = order.map(at);
  expect([...places].sort((a, b) => a - b)).toEqual(places);
  expect(places.at(-1)).toBe(lines.length - 1);
});

test('nothing is covered or shown twice, and what is in sight anyway only becomes read-only', () => {
  expect(lines).not.toContain("empty 0755 '/home/ann'");
  expect(lines).not.toContain("show '/home/ann/shop/apps'");
  expect(lines).toContain("guard '/usr'");
  expect(lines).toContain("guard '/srv/weft'");
});

test('texts reach the shell as they are', () => {
  expect(quote("it's $HOME")).toBe(`'it'\\''s $HOME'`);
  expect(lines).toContain(`printf %s 'it'\\''s' > /run/etc/0`);
});

test('references are expanded as Kubernetes does', () => {
  const env = { A: '1', 'b.c': '2' };
  expect(expandReferences('$(A)-$(b.c)-$(X)-$$(A)-$A', env)).toBe('1-2-$(X)-$(A)-$A');
  expect(expandReferences('$(constructor)', env)).toBe('$(constructor)');
});
