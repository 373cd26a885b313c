/** `weft explain request` on files: what is asked, and what a person reads. */
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { PassThrough } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { readManifests } from '../manifests.ts';
import { createTerminal } from '../terminal.ts';
import { explainFiles } from './files.ts';
import { questionOf, type Said } from './question.ts';
import { journeyText } from './text.ts';

const root = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));
const { stdout, stderr } = process;
const terminal = createTerminal({ stdout, stderr, env: {}, color: 'never' });

const said = (to: string, more: Partial<Said> = {}) => questionOf({ to, method: 'GET', headers: [], ...more });

describe('what is asked', () => {
  test('an address says host, port and path; headers are curl’s, and Host is the name that is called', () => {
    expect(said('http://catalog:8080/a?b=c', { method: 'Post', headers: ['X-User: t', 'host: other:1', 'constructor: c'] })).toEqual({
      host: 'catalog',
      port: 8080,
      authority: 'other:1',
      method: 'Post',
      path: '/a?b=c',
      headers: { 'x-user': 't', constructor: 'c' },
    });
  });

  test('ports and schemes go without saying; the path stays as it was typed', () => {
    expect(said('catalog')).toMatchObject({ host: 'catalog', port: 80, path: '/', authority: 'catalog' });
    expect(said('https://example.com/a/../b')).toMatchObject({ port: 443, scheme: 'https', path: '/a/../b' });
    expect(said('HTTP://catalog/A')).toMatchObject({ host: 'catalog', path: '/A' });
    expect(said('tcp://ledger:7000')).toEqual({ protocol: 'tcp', host: 'ledger', port: 7000 });
    expect(said('tls://edge:8443', { certificate: 'known' })).toEqual({ protocol: 'tls', host: 'edge', port: 8443, certificate: 'known' });
  });

  test.each(['tcp://ledger', 'ftp://ledger:21', 'http://', 'http://a:b'])('%s is wrong usage', (to) => expect(() => said(to)).toThrow());
  test('so is a header without a colon', () => expect(() => said('http://a', { headers: ['nonsense'] })).toThrow("write 'name: value'"));
  test('a header may come several times, the host once', () => {
    expect(said('http://a', { headers: ['x: a', 'X: b'] }).headers).toEqual({ x: ['a', 'b'] });
    expect(() => said('http://a', { headers: ['host: a', 'Host: b'] })).toThrow('one host');
  });
});

describe('what is told', () => {
  test('is what the documentation shows', async () => {
    const shown = await readFile(join(root, 'docs/explain.md'), 'utf8');
    const [, command = '', output = ''] = /```console\n\$ npx weft (.*)\n([\s\S]*?)\n```/.exec(shown) ?? [];
    expect(command).toContain('--from web --to http://catalog:8080/items --files examples/shop');
    const files = await readManifests([join(root, 'examples/shop')], new PassThrough());
    const { journey, errors } = await explainFiles(files, { from: 'web' }, said('http://catalog:8080/items'));
    expect(errors).toBe(0);
    expect(journeyText(journey, terminal).replaceAll(`${root}/`, '')).toBe(output);
  });

  test('says when something in the files is left out', async () => {
    const files = await readManifests([join(root, 'examples/shop')], new PassThrough());
    const broken = { text: 'kind: VirtualService', file: 'broken.yaml', directory: '/' };
    const { errors } = await explainFiles([...files, broken], { from: 'web' }, said('http://catalog:8080'));
    expect(errors).toBe(1);
  });

  test('names who is meant, or says that nobody is', async () => {
    const files = await readManifests([join(root, 'examples/shop')], new PassThrough());
    await expect(explainFiles(files, { from: 'nobody' }, said('http://catalog'))).rejects.toThrow('nobody was not found');
    const told = await explainFiles(files, { from: 'deploy/web', namespace: 'shop' }, said('http://catalog:8080'));
    expect(told.journey.from).toBe('shop/web-1');
  });
});
