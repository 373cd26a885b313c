import { expect, test } from 'vitest';
import { refusedResources } from './refusal.ts';

test('names each resource that Envoy refused, its field, and what is wrong with it', () => {
  const message =
    'Error adding/updating cluster(s) outbound|80||a.test: Proto constraint validation failed (ClusterValidationError.LoadAssignment: ' +
    'embedded message failed validation | caused by ClusterLoadAssignmentValidationError.ClusterName: value length must be at least 1 ' +
    "characters), outbound|80||b.test: cluster: no healthy panic threshold, field 'x' of it";
  expect(refusedResources(message, ['outbound|80||b.test', 'outbound|80||a.test'])).toEqual([
    { name: 'outbound|80||a.test', field: 'load_assignment.cluster_name', reason: 'value length must be at least 1 characters' },
    { name: 'outbound|80||b.test', reason: "cluster: no healthy panic threshold, field 'x' of it" },
  ]);
});

test('a message that names no resource is about the one that is refused', () => {
  const message = 'Only unique values for domains are permitted. Duplicate entry of domain b.test in route 80';
  expect(refusedResources(message, ['80/b.test'])).toEqual([{ name: '80/b.test', reason: message }]);
});

test('a place in a list is part of the field', () => {
  const reason =
    'Proto constraint validation failed (RouteConfigurationValidationError.VirtualHosts[0]: embedded message failed validation | caused by VirtualHostValidationError.Domains: value must contain at least 1 item(s)): name: x';
  expect(refusedResources(reason, ['http'])).toMatchObject([{ field: 'virtual_hosts[0].domains' }]);
});
