import { describe, expect, it } from 'vitest';
import { lastWords } from './last-words.ts';

const line = (level: number, msg: string): string => JSON.stringify({ level, time: 1, msg });

describe('the last words of a program', () => {
  it('are the message of its last error, whatever it said afterwards', () => {
    expect(lastWords([line(60, 'the disk is full'), line(30, 'bye'), ''].join('\n'))).toBe('the disk is full');
  });

  it('leave out a line that a full disk cut off', () => {
    const cut = line(60, 'something long').slice(0, 20);
    expect(lastWords(`${line(50, 'no room')}\n${cut}`)).toBe('no room');
    expect(lastWords(cut)).toBe('');
  });

  it('are plain text where there was no logger yet', () => {
    expect(lastWords('agent: /usr/bin/envoy does not run\n')).toBe('agent: /usr/bin/envoy does not run');
  });

  it('prefer an error to plain text, and say its cause', () => {
    const error = JSON.stringify({ level: 50, msg: 'cannot listen', err: { message: 'EACCES' } });
    expect(lastWords(`agent: hello\n${error}`)).toBe('cannot listen: EACCES');
    expect(lastWords(line(30, 'weftd is ready'))).toBe('');
  });
});
