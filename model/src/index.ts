export * from './api.ts';
export * from './finding.ts';
export * from './identity.ts';
export * from './paths.ts';
export * from './proxy.ts';
export * from './resource.ts';
