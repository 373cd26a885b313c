export * from './encoded.ts';
