export * from './policy.ts';
export * from './route.ts';
export * from './service.ts';
export * from './view.ts';
