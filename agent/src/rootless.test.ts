/** The same pods without root: inside a user namespace of an unprivileged user. */
import { describe, test } from 'vitest';
import { describePods } from './testing/pods.ts';

const unprivileged = 2000;

if (process.getuid?.() === 0) describePods('pods of an ordinary user', unprivileged);
else describe('pods of an ordinary user', () => test.skip('runtime.test.ts ran as one already', () => {}));
