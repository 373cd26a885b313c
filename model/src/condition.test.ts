import { expect, test } from 'vitest';
import { conditionsOf, type Standing } from './condition.ts';
import type { Finding } from './finding.ts';

const about = (finding: Partial<Finding>): Finding => ({
  code: 'IST0109',
  severity: 'error',
  path: '',
  message: 'wrong',
  help: '',
  ...finding,
});
const said = (standing: Partial<Standing>) =>
  conditionsOf({ revision: 7, findings: [], outdated: false, ...standing }).map(({ type, status, message }) => [type, status, message]);

test('what nothing is wrong with is accepted, and nothing is said of proxies where nobody asked', () => {
  expect(said({})).toEqual([
    ['Accepted', 'True', 'accepted'],
    ['Conflicted', 'False', 'no conflict'],
  ]);
});

test('an error about an object in force does not take the acceptance away; a version that cannot be taken does', () => {
  expect(said({ findings: [about({})] })[0]).toEqual(['Accepted', 'True', 'accepted']);
  expect(said({ findings: [about({})], outdated: true })[0]).toEqual(['Accepted', 'False', 'wrong; the last good version stays in force']);
});

test('each object that counts instead is named once', () => {
  const other = { kind: 'VirtualService', namespace: 'shop', name: 'a' };
  const findings = [
    about({ conflictsWith: other }),
    about({ conflictsWith: other }),
    about({ conflictsWith: { ...other, namespace: '' } }),
  ];
  expect(said({ findings })[1]).toEqual(['Conflicted', 'True', 'conflicted with VirtualService shop/a, VirtualService a']);
});

test('proxies are counted, and those that are behind named', () => {
  const proxies = Array.from({ length: 9 }, (_, index) => `shop/${index}`);
  expect(said({ programming: { proxies, pending: [] } })[2]).toEqual(['Programmed', 'True', 'programmed on 9 of 9 proxies']);
  expect(said({ programming: { proxies, pending: proxies.slice(1) } })[2]?.[2]).toBe(
    'programmed on 1 of 9 proxies; not yet on shop/1, shop/2, shop/3, shop/4, shop/5 and 3 more',
  );
  expect(said({ programming: { proxies: [], pending: [] } })[2]?.[1]).toBe('Unknown');
});
