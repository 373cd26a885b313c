import { describe, expect, it } from 'vitest';
import { proxyOf, shouldInject } from './index.ts';

const on = { 'istio-injection': 'enabled' };
const off = { 'istio-injection': 'disabled' };
const revision = { 'istio.io/rev': 'stable' };
const yes = { 'sidecar.istio.io/inject': 'true' };
const no = { 'sidecar.istio.io/inject': 'false' };

describe('shouldInject', () => {
  it.each([
    ['nothing said', {}, {}, {}, false],
    ['namespace on', on, {}, {}, true],
    ['namespace on, pod off', on, no, {}, false],
    ['namespace off, pod on: off wins', off, yes, {}, false],
    ['pod on alone', {}, yes, {}, true],
    ['namespace has a revision', revision, {}, {}, true],
    ['namespace has a revision, pod off', revision, no, {}, false],
    ['istio-injection is stronger than the revision', { ...off, ...revision }, {}, {}, false],
    ['pod has a revision', {}, revision, {}, true],
    ['annotation refuses', on, {}, no, false],
    ['annotation cannot ask', {}, {}, yes, false],
    ['label beats annotation', on, yes, no, true],
  ])('%s', (_, namespace, labels, annotations, expected) => {
    expect(shouldInject(namespace, labels, annotations)).toBe(expected);
  });
});

describe('proxyOf', () => {
  const pod = { namespace: 'shop', namespaceLabels: {}, labels: {}, annotations: {} };
  it('finds gateways by label, by template and by form', () => {
    expect(proxyOf({ ...pod, labels: { istio: 'ingressgateway' } })).toBe('gateway');
    expect(proxyOf({ ...pod, labels: yes, annotations: { 'inject.istio.io/templates': 'gateway' } })).toBe('gateway');
    expect(proxyOf({ ...pod, labels: yes, containers: [{ name: 'istio-proxy', image: 'auto' }] })).toBe('gateway');
  });
  it('takes an image `auto` beside an application for a sidecar', () => {
    expect(proxyOf({ ...pod, labels: yes, containers: [{ name: 'app' }, { name: 'istio-proxy', image: 'auto' }] })).toBe('sidecar');
  });
  it('leaves the namespaces of Kubernetes alone', () => {
    expect(proxyOf({ ...pod, namespace: 'kube-system', namespaceLabels: on })).toBe('none');
  });
  it('lets a gateway be switched off', () => {
    expect(proxyOf({ ...pod, labels: { istio: 'ingressgateway', ...no } })).toBe('none');
  });
});
