/** Steps of a change of mutual TLS or of who is asked about requests, between the worker that decides on them and whoever waits for proxies. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build, emit, scope } from '@weft/compile';
import { certificateReader } from '@weft/model/node';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Desired } from './desired.ts';
import type { FromWorker, Step } from './messages.ts';
import { takeSteps } from './steps.ts';

let home: string;
let time: number;
let posted: FromWorker[];
let desired: Desired;

const start = (): void => {
  let uid = 0;
  posted = [];
  const post = (message: FromWorker): void => void posted.push(message);
  const chosen = { uid: () => `uid-${uid++}`, letters: (length: number) => 'x'.repeat(length), hash: () => 'hash' };
  const fetchKeys = (): Promise<string> => Promise.reject(new Error('nobody asks for keys here'));
  const powers = { post, verbs: { build, scope, emit }, certificates: certificateReader, fetchKeys, now: () => time, ...chosen };
  desired = new Desired({ store: join(home, 'store.db'), clusterId: 'local', dnsDomain: 'cluster.local', gatewayPort: 1 }, powers);
  desired.start();
};

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'weft-steps-'));
  time = 1_000_000;
  start();
  apply(`apiVersion: v1
kind: Namespace
metadata: {name: shop, labels: {istio-injection: enabled}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: cart, namespace: shop}
spec:
  selector: {matchLabels: {app: cart}}
  template: {metadata: {labels: {app: cart}}, spec: {containers: [{name: cart, command: [sleep, infinity]}]}}
`);
});
afterEach(async () => {
  await desired.stop();
  rmSync(home, { recursive: true, force: true });
});

const apply = (text: string): void => {
  const { findings } = desired.apply({ text, file: 'stdin', directory: '/' });
  expect(findings.filter(({ severity }) => severity === 'error')).toEqual([]);
};
const become = (mode: string): void =>
  apply(
    `apiVersion: security.istio.io/v1\nkind: PeerAuthentication\nmetadata: {name: default, namespace: shop}\nspec: {mtls: {mode: ${mode}}}\n`,
  );

const steps = (): readonly Step[] => posted.flatMap((message) => (message.kind === 'step' ? [message.step] : []));
const changing = (): readonly string[] =>
  posted.flatMap((message) => (message.kind === 'node' ? [message.state.changing] : [])).at(-1) ?? [];
const revisionOf = (index: number): number => steps()[index]?.revision ?? -1;

test('each step has a revision of its own, waits for fifteen seconds, and the last is followed by none', () => {
  become('DISABLE');
  expect(changing()).toEqual(['shop/cart-hash-xxxxx']);
  expect(steps()).toMatchObject([{ timeoutMs: 15_000 }]);
  // Something else changes meanwhile: nobody waits longer for it.
  apply(
    'apiVersion: v1\nkind: Service\nmetadata: {name: cart, namespace: shop}\nspec: {selector: {app: cart}, ports: [{name: http, port: 80}]}\n',
  );
  expect(steps()).toHaveLength(1);
  time += 15_000;
  desired.advance({ revision: revisionOf(0), applied: false, pending: ['shop/cart-hash-xxxxx'] });
  expect(steps()).toHaveLength(2);
  expect(revisionOf(1)).toBeGreaterThan(revisionOf(0));
  // An answer that comes late is about what is over.
  desired.advance({ revision: revisionOf(0), applied: true, pending: [] });
  expect(changing()).toHaveLength(1);
  desired.advance({ revision: revisionOf(1), applied: true, pending: [] });
  expect(changing()).toEqual([]);
  expect(steps()).toHaveLength(2);
});

test('a change that is reversed on the way, and one that has no steps', () => {
  become('STRICT');
  expect(steps()).toEqual([]);
  become('DISABLE');
  become('PERMISSIVE');
  expect(changing()).toEqual([]);
  become('DISABLE');
  desired.advance({ revision: revisionOf(steps().length - 1), applied: true, pending: [] });
  // Some callers may come without TLS by now: they are asked back before it is demanded.
  become('STRICT');
  expect(changing()).toHaveLength(1);
  desired.advance({ revision: revisionOf(steps().length - 1), applied: true, pending: [] });
  expect(changing()).toHaveLength(1);
  desired.advance({ revision: revisionOf(steps().length - 1), applied: true, pending: [] });
  expect(changing()).toEqual([]);
});

test('after a restart the step that was under way is waited for again', async () => {
  become('DISABLE');
  desired.advance({ revision: revisionOf(0), applied: true, pending: [] });
  await desired.stop();
  time += 60_000;
  start();
  expect(posted.findIndex(({ kind }) => kind === 'step')).toBeLessThan(posted.findIndex(({ kind }) => kind === 'ready'));
  expect(steps()).toMatchObject([{ timeoutMs: 15_000 }]);
  expect(changing()).toHaveLength(1);
  desired.advance({ revision: revisionOf(0), applied: true, pending: [] });
  expect(changing()).toEqual([]);
});

/** A policy of this spec, in place of the last; that nobody can be asked is no matter here. */
const decide = (spec: string): void => {
  const text = `apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nmetadata: {name: p, namespace: shop}\nspec: ${spec}\n`;
  expect(desired.apply({ text, file: 'stdin', directory: '/' }).items.map(({ action }) => action)).not.toContain('refused');
};
const custom = '{action: CUSTOM, provider: {name: nobody}, rules: [{}]}';

test('who was asked is asked until the proxies have what came instead, over restarts too; those that answer late alone wait on', async () => {
  decide(custom);
  expect(steps()).toEqual([]);
  await desired.stop();
  start();
  decide('{action: DENY, rules: [{}]}');
  expect(changing()).toEqual(['shop/cart-hash-xxxxx']);
  expect(steps()).toMatchObject([{ timeoutMs: 15_000 }]);
  // Killed before anybody has it.
  await desired.stop();
  start();
  expect(changing()).toHaveLength(1);
  desired.advance({ revision: revisionOf(0), applied: false, pending: ['shop/cart-hash-xxxxx'] });
  expect(changing()).toHaveLength(1);
  desired.advance({ revision: revisionOf(1), applied: true, pending: [] });
  expect(changing()).toEqual([]);
  expect(steps()).toHaveLength(2);
});

test('what is withdrawn and comes back is nothing that anybody waits for', () => {
  decide(custom);
  decide('{rules: [{}]}');
  expect(changing()).toHaveLength(1);
  decide(custom);
  expect(changing()).toEqual([]);
});

test('the worker is told what proxies have, and a failure ends nothing else', async () => {
  const advanced: unknown[] = [];
  const warned: string[] = [];
  const listeners: ((step: Step) => void)[] = [];
  const step = (revision: number): void => {
    for (const listener of listeners) listener({ revision, timeoutMs: 1 });
  };
  const call = async (_method: unknown, step: unknown) => {
    advanced.push(step);
    if (advanced.length === 2) throw new Error('weftd is stopping');
  };
  const waitApplied = async ({ revision }: { readonly revision: number }) => ({ applied: revision !== 7, revision, pending: [] });
  const log = { info: () => {}, warn: (_: object, message: string) => void warned.push(message), error: () => {} };
  takeSteps({ onStep: (listener) => void listeners.push(listener), call: call as never }, { waitApplied }, log);
  step(7);
  await expect.poll(() => advanced).toEqual([{ revision: 7, applied: false, pending: [] }]);
  step(8);
  await expect.poll(() => warned, { timeout: 10_000 }).toHaveLength(1);
  expect(advanced[1]).toEqual({ revision: 8, applied: true, pending: [] });
});
