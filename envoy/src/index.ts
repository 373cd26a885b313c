export * from './any.ts';
export * from './bootstrap.ts';
export * from './encoded.ts';
export * from './hash.ts';
export * from './names.ts';
export * from './node.ts';
export * from './protobuf.ts';
export * from './service.ts';
