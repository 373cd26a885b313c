/** The command as a user meets it without a mesh: words, streams and exit codes. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

/** As it is built: from its sources it takes three times as long to start. */
const program = join(dirname(fileURLToPath(import.meta.url)), '../../dist/weft.js');

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'weft-cli-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const weft = async (args: readonly string[], stdin = '') => {
  const own = { WEFT_HOME: join(folder, 'home'), XDG_RUNTIME_DIR: folder, WEFT_ENVOY: '/nonexistent/envoy' };
  const env = { ...process.env, ...own };
  const child = spawn(process.execPath, [program, ...args], { env, stdio: ['pipe', 'pipe', 'pipe'] });
  const seen = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => (seen.stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (seen.stderr += chunk.toString()));
  child.stdin.end(stdin);
  const [code] = (await once(child, 'close')) as [number | null];
  expect(seen.stderr).not.toMatch(/\n\s+at /);
  return { code, ...seen };
};

const write = (name: string, text: string): string => {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
};

const namespace = 'apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n';
const misspelt = `${namespace}---\napiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: shop}\nspec: {ports: [{port: 80}], selektor: {app: web}}\n`;
const authorization = `${namespace}---\napiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: deny, namespace: shop}\nspec: {action: DENY}\n`;

describe('weft', () => {
  it('prints help to stdout and exits 0', async () => {
    const { code, stdout } = await weft(['--help']);
    expect(code).toBe(0);
    for (const command of ['up', 'apply', 'get', 'ps', 'wait', 'config', 'exec', 'logs', 'restart', 'analyze', 'status'])
      expect(stdout).toContain(`  ${command}`);
  });

  it.each([
    [['nonsense']],
    [['wait', '--for', 'rain']],
    [['wait', '--for', 'programmed']],
    [['wait', '--for', 'applied', 'vs/a']],
    [['wait', '--for', 'accepted', 'vs/a/b']],
    [['get']],
    [['status', '-o', 'xml']],
    [['get', 'nonsense']],
    [['logs', 'web', '--tail', 'x']],
  ])('calls %j wrong usage: 64', async (args) => expect((await weft(args)).code).toBe(64));

  it.each([[['status']], [['ps', '-o', 'json']], [['get', 'vs']], [['exec', 'web', '--', 'true']], [['wait', '--for', 'applied']]])(
    'says of %j in one line that no mesh is running',
    async (args) => {
      const { code, stdout, stderr } = await weft(args);
      expect(code).toBe(1);
      expect(stdout).toBe('');
      expect(stderr).toMatch(/^weft: no mesh is running here \(socket .*api\.sock\); start one with `weft up`\n$/);
    },
  );

  it('knows its version without a mesh', async () => {
    const { code, stdout } = await weft(['version', '-o', 'json']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ weftd: null, node: process.version });
  });

  it('offers completions from its own commands', async () => {
    expect((await weft(['__complete', 'co'])).stdout.split('\n')).toEqual(['config', 'completion', '']);
    expect((await weft(['__complete', 'config', 'web', 'l'])).stdout.trim()).toBe('listeners');
    expect((await weft(['__complete', 'get', 'virt'])).stdout.trim()).toBe('virtualservices');
    expect((await weft(['completion', 'bash'])).stdout).toContain('complete -o default -F _weft weft');
  });
});

describe('weft analyze -f', () => {
  it('exits 0 for what is right', async () => {
    expect((await weft(['analyze', '-f', write('good.yaml', namespace)])).code).toBe(0);
  });

  it('exits 79 and names file, line, object and field', async () => {
    const path = write('bad.yaml', misspelt);
    const { code, stdout } = await weft(['analyze', '-f', path]);
    expect(code).toBe(79);
    expect(stdout).toContain(`${path}:`);
    expect(stdout).toMatch(/Service shop\/web .*selektor/);
  });

  it('reads standard input, and prints JSON for programs', async () => {
    const { code, stdout } = await weft(['analyze', '-f', '-', '-o', 'json'], misspelt);
    expect(code).toBe(79);
    expect(JSON.parse(stdout).items[0]).toMatchObject({ severity: 'error', resource: { kind: 'Service', namespace: 'shop', name: 'web' } });
  });

  it('calls a file that is not there bad input: 65', async () => {
    expect(await weft(['analyze', '-f', join(folder, 'nope.yaml')])).toMatchObject({ code: 65, stdout: '' });
  });
});

describe('weft slo import', () => {
  const slo = `apiVersion: openslo/v1
kind: SLO
metadata: {name: payments, labels: {namespace: shop}}
spec:
  service: payments
  indicator: {spec: {ratioMetric: {total: {metricSource: {spec: {weft: {subject: {service: payments}, indicator: {availability: {}}}}}}}}}
  timeWindow: [{duration: 28d, isRolling: true}]
  budgetingMethod: Occurrences
  objectives: [{targetPercent: 99.9}]
`;

  it('writes what OpenSLO says as an objective, without a mesh', async () => {
    const { code, stdout } = await weft(['slo', 'import', '-f', '-', '-o', 'json'], slo);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual([
      {
        apiVersion: 'mesh.weft.dev/v1alpha1',
        kind: 'ServiceLevelObjective',
        metadata: { name: 'payments', namespace: 'shop' },
        spec: { subject: { service: 'payments' }, indicator: { availability: {} }, target: 99.9, period: { rolling: '28d' } },
      },
    ]);
  });

  it('says what cannot be read, and what would not be taken: 65', async () => {
    const { code, stderr } = await weft(['slo', 'import', '-f', '-'], slo.replace('99.9', '100'));
    expect(code).toBe(65);
    expect(stderr).toContain('WEFT0024');
    expect((await weft(['slo', 'import', '-f', '-'], namespace)).code).toBe(65);
  });
});

describe('weft up', () => {
  it('does not start on protection that is broken: 65', async () => {
    write('policy.yaml', authorization);
    const { code, stderr } = await weft(['up', folder]);
    expect(code).toBe(65);
    expect(stderr).toContain('AuthorizationPolicy shop/deny');
    expect(stderr).toContain('not started');
  });

  it('names the flag of a port that is in use', async () => {
    write('good.yaml', namespace);
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as { port: number };
    const { code, stderr } = await weft(['up', folder, '--gateway-port', String(port)]);
    taken.close();
    expect(code).toBe(1);
    expect(stderr).toContain(`port ${port} on 127.0.0.1 is in use; choose another with --gateway-port`);
  });

  it('says in one line that there is no Envoy to be had', async () => {
    write('good.yaml', namespace);
    const { code, stderr } = await weft(['up', folder, '--gateway-port', '18471', '--api', '18472', '--xds', '18473']);
    expect(code).toBe(1);
    const [step, failure, ...more] = stderr.trim().split('\n');
    expect(step).toBe('weft: looking for Envoy');
    expect(failure).toContain('/nonexistent/envoy does not run');
    // Nothing was started, so that nothing is said to end.
    expect(more).toEqual([]);
  });

  it('asks for a folder: 64', async () => {
    expect((await weft(['up', join(folder, 'nope')])).code).toBe(64);
  });
});
