/** The checks of `npm run check`, each shown something wrong. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { installScriptProblems, pinProblems } from './check-dependencies.ts';
import { pathProblems, sizeProblems } from './check-files.ts';
import { layerProblems } from './check-layers.ts';
import { ruleProblems } from './check-rules.ts';
import { onChange } from './setup/stamp.mjs';

let root: string;

const write = (file: string, text: string): void => {
  mkdirSync(dirname(join(root, file)), { recursive: true });
  writeFileSync(join(root, file), text);
};

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'weft-checks-'));
  execFileSync('git', ['init', '-q'], { cwd: root });
  for (const name of ['model', 'envoy', 'compile', 'weftd']) {
    write(`${name}/package.json`, JSON.stringify({ exports: { '.': './src/index.ts' }, dependencies: { '@weft/model': '0.1.0' } }));
    write(`${name}/src/index.ts`, 'export {};\n');
  }
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

describe('layers', () => {
  it('has nothing to say about what is allowed', () => {
    write('compile/src/build.ts', "import { parse } from '@weft/model';\n// Date.now is a word here\nexport const a = parse;\n");
    expect(layerProblems(root)).toEqual([]);
  });

  it.each([
    ['a forbidden package', 'model/src/a.ts', "import { x } from '@weft/weftd';\n", 'model/src may not import weftd/src/index.ts'],
    [
      'a forbidden folder',
      'compile/src/xds/a.ts',
      "import { x } from '../istio/b.ts';\n",
      'compile/src/xds may not import compile/src/istio/b.ts',
    ],
    ['the platform', 'model/src/a.ts', "import { readFile } from 'node:fs';\n", 'a library imports node:fs'],
    ['an undeclared package', 'weftd/src/a.ts', "import x from 'left-pad';\n", 'left-pad is not declared'],
    ['a dynamic import', 'model/src/a.ts', "export const a = import('@weft/compile');\n", 'model/src may not import compile/src/index.ts'],
    ['time', 'compile/src/a.ts', 'export const now = Date.now();\n', 'a library uses Date.now'],
    ['chance', 'model/src/a.ts', 'export const dice = () => Math.random();\n', 'a library uses Math.random'],
  ])('sees %s', (_, file, text, problem) => {
    write(file, text);
    expect(layerProblems(root).join('\n')).toContain(problem);
  });
});

describe('files', () => {
  it('may have 500 lines and no more', () => {
    write('a.ts', 'x\n'.repeat(500));
    write('b.ts', 'x\n'.repeat(501));
    expect(sizeProblems(root)).toEqual(['b.ts: 501 lines, the limit is 500']);
  });

  it('that documents name exist', () => {
    write('README.md', 'See `model/src/index.ts`, [this](docs/gone.md), `weftd/src/gone.ts` and https://example.com/x.\n');
    expect(pathProblems(root)).toEqual([
      'README.md: names weftd/src/gone.ts, which does not exist',
      'README.md: names docs/gone.md, which does not exist',
    ]);
  });
});

describe('rules', () => {
  it('that are cited are listed once, and the other way round', () => {
    write('docs/rules.md', '- **S1** One.\n- **S2** Two.\n- **X4** Four.\n- **S2** Two again.\n');
    write('model/src/a.ts', '/** Why [S1]. And [X3-X5]. */\n');
    expect(ruleProblems(root)).toEqual([
      'model/src/a.ts: cites X3, which docs/rules.md does not have',
      'model/src/a.ts: cites X5, which docs/rules.md does not have',
      'docs/rules.md: nobody cites S2',
      'docs/rules.md: nobody cites S2',
      'docs/rules.md: has S2 twice',
    ]);
  });
});

describe('dependencies', () => {
  it('are pinned to one version', () => {
    write('agent/package.json', '{"dependencies": {"ws": "^8.0.0", "pino": "10.4.0"}}');
    expect(pinProblems(root)).toEqual(['agent/package.json: ws is pinned to ^8.0.0, not to one version']);
  });

  it('with an install script are accounted for', () => {
    write(
      'package-lock.json',
      '{"packages": {"node_modules/a": {"hasInstallScript": true}, "node_modules/b": {"hasInstallScript": true, "dev": true}}}',
    );
    expect(installScriptProblems(root)).toHaveLength(1);
    write('docs/decisions/1.md', '`a` (install script): not needed\n');
    expect(installScriptProblems(root)).toEqual([]);
  });
});

describe('a step of set-up', () => {
  it('is repeated when content changed or its output is gone, and not otherwise', () => {
    let times = 0;
    const run = (): void =>
      onChange({ root, stamp: 'out/.stamp', inputs: ['in'], outputs: ['out/result'] }, () => {
        times += 1;
        write('out/result', String(times));
      });
    write('in/a.ts', '1');
    run();
    run();
    expect(times).toBe(1);
    write('in/a.ts', '2');
    run();
    expect(times).toBe(2);
    rmSync(join(root, 'out/result'));
    run();
    expect(times).toBe(3);
    write('in/a.test.ts', 'tests do not count');
    run();
    expect(times).toBe(3);
  });
});
