/** One login each, within a few minutes; a restart of weftd ends them. */
import type { PersonRole } from '@weft/model';
import { newSecret, proofOf, type RandomBytes } from './secret.ts';

export interface Ticket {
  readonly user: string;
  readonly role: PersonRole;
  readonly expires: number;
}

export interface Tickets {
  issue(whose: Pick<Ticket, 'user' | 'role'>): { readonly secret: string; readonly ticket: Ticket };
  /** Undefined: there is none, or it was used, or its time is over. */
  redeem(secret: string): Ticket | undefined;
}

const lifetime = 15 * 60_000;
const most = 1000;

export const ticketsBy = ({ now, random }: { readonly now: () => number; readonly random: RandomBytes }): Tickets => {
  const tickets = new Map<string, Ticket>();
  const forgetOld = (): void => {
    for (const [proof, { expires }] of tickets) if (expires <= now() || tickets.size >= most) tickets.delete(proof);
  };
  return {
    issue: (whose) => {
      forgetOld();
      const [secret, ticket] = [newSecret(random), { ...whose, expires: now() + lifetime }];
      tickets.set(proofOf(secret), ticket);
      return { secret, ticket };
    },
    redeem: (secret) => {
      const proof = proofOf(secret);
      const ticket = tickets.get(proof);
      tickets.delete(proof);
      return ticket && ticket.expires > now() ? ticket : undefined;
    },
  };
};
