import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { expect, test } from 'vitest';
import { encodeResource } from './any.ts';
import { ClusterSchema } from './gen/envoy/config/cluster/v3/cluster_pb.js';
import { AggregatedDiscoveryService } from './gen/envoy/service/discovery/v3/ads_pb.js';
import { DeltaDiscoveryRequestSchema, ResourceSchema } from './gen/envoy/service/discovery/v3/discovery_pb.js';
import { typeUrls } from './names.ts';
import { methodTable } from './service.ts';

const table = methodTable(AggregatedDiscoveryService, (bytes) => Buffer.from(bytes));

test('methods have the paths and directions that Envoy calls', () => {
  expect(table.deltaAggregatedResources).toMatchObject({
    path: '/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources',
    requestStream: true,
    responseStream: true,
  });
});

test('messages pass both ways, encoded responses untouched', () => {
  const { requestSerialize, requestDeserialize, responseSerialize } = table.deltaAggregatedResources;
  expect(requestDeserialize(requestSerialize({ typeUrl: typeUrls.CDS, responseNonce: '7' }))).toMatchObject({ responseNonce: '7' });
  const bytes = Buffer.from(toBinary(DeltaDiscoveryRequestSchema, create(DeltaDiscoveryRequestSchema, {})));
  expect(responseSerialize(bytes)).toBe(bytes);
});

test('a resource carries its name, its type and a version that follows its content', () => {
  const encode = (altStatName: string) => encodeResource('a', ClusterSchema, create(ClusterSchema, { name: 'a', altStatName }));
  const resource = fromBinary(ResourceSchema, encode('x').bytes);
  expect(resource).toMatchObject({ name: 'a', version: encode('x').version, resource: { typeUrl: typeUrls.CDS } });
  expect(encode('x')).toEqual(encode('x'));
  expect(encode('y').version).not.toBe(encode('x').version);
});
