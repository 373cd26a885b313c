export { decode } from './decode.ts';
export { emit } from './emit.ts';
export { staticBootstrap } from './static.ts';
