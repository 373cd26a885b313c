import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { longestIdle, longestSession, type Session, type SessionChanges, sessionsIn } from './sessions.ts';
import { ticketsBy } from './tickets.ts';

const login = { user: 'ann', role: 'viewer', how: 'link' } as const;

const begin = (kept: Map<string, Session> = new Map()) => {
  const clock = { now: 1_000_000 };
  const keep = async (changes: SessionChanges): Promise<void> => {
    for (const [proof, session] of changes) session ? kept.set(proof, session) : kept.delete(proof);
  };
  return { clock, kept, sessions: sessionsIn({ kept, keep, now: () => clock.now, random: randomBytes }) };
};

test('a session that nobody uses ends before one that is used, and every one ends', async () => {
  const { clock, sessions } = begin();
  const { secret } = await sessions.open(login);
  const end = clock.now + longestSession;
  for (; clock.now < end; clock.now += longestIdle / 2) {
    const session = sessions.of(secret);
    expect(session).toBeDefined();
    if (session) sessions.touch(session);
  }
  expect(sessions.of(secret)).toBeUndefined();
  const idle = await sessions.open(login);
  clock.now += longestIdle;
  expect(sessions.of(idle.secret)).toBeUndefined();
});

test('what is over is forgotten at the next login, and what is kept opens nothing', async () => {
  const { clock, kept, sessions } = begin();
  const old = await sessions.open(login);
  clock.now += longestSession;
  const { secret, session } = await sessions.open(login);
  expect([...kept.keys()]).toEqual([session.proof]);
  expect(sessions.of(session.proof)).toBeUndefined();
  expect(JSON.stringify([...kept])).not.toContain(secret);
  expect(session.csrf).not.toBe(old.session.csrf);
});

test('a link is good for a while', () => {
  const clock = { now: 0 };
  const tickets = ticketsBy({ now: () => clock.now, random: randomBytes });
  const { secret, ticket } = tickets.issue(login);
  clock.now = ticket.expires;
  expect(tickets.redeem(secret)).toBeUndefined();
});
