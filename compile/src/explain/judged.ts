/** A passage where policies have a word: they come before routes and the application, and behind whatever closes a connection. */
import type { Passage, Request } from '@weft/model';
import type { View } from '../mesh/index.ts';
import { atGateway, atServer, type Sender, type ServerDoor } from './arriving.ts';
import type { TokenPowers } from './bearer.ts';
import type { Facts } from './facts.ts';
import { ambiguityOf, isRead } from './reading.ts';
import { verdict } from './verdict.ts';

/** Who is asked, and what about. */
interface Question {
  readonly view: View;
  readonly facts: Facts;
  readonly powers: TokenPowers;
}

/** Closed before anybody is asked, or no request at all. */
const isOver = ({ outcome: { kind, status, flag } }: Passage): boolean =>
  kind === 'refused' && (status === 400 || (status === undefined && flag === undefined));

interface Refusal {
  readonly status?: number;
  readonly why: string;
}

const refused = ({ listener, filterChain, tls, virtualHost }: Passage, { status, why }: Refusal): Passage => ({
  ...{ listener, filterChain, tls, virtualHost, route: '', clusters: [], timeout: 0, rewrites: {} },
  outcome: { kind: 'refused', ...(status !== undefined && { status }), why },
});

const judged = (passage: Passage, { view, facts, powers }: Question): Passage => {
  const { compatibility, tokens = [] } = view.role === 'gateway' ? view.gateway : view.inbound;
  const ambiguity = facts.request && compatibility !== 'istio' ? ambiguityOf(facts.request) : undefined;
  if (ambiguity !== undefined) return refused(passage, { status: 403, why: ambiguity });
  const found = verdict({ authorization: view.authorization, tokens }, facts, powers);
  return { ...(found.allowed ? passage : refused(passage, found)), verdict: found };
};

export interface Incoming {
  readonly sender: Sender;
  readonly powers: TokenPowers;
}

export const judgedAtServer = (passage: Passage, door: ServerDoor, { sender, powers }: Incoming): Passage =>
  isOver(passage) ? passage : judged(passage, { view: door.view, facts: atServer(door, sender, isRead(passage)), powers });

export interface GatewayDoor {
  readonly view: View;
  readonly request: Request;
}

export const judgedAtGateway = (passage: Passage, { view, request }: GatewayDoor, { sender, powers }: Incoming): Passage =>
  isOver(passage) ? passage : judged(passage, { view, facts: atGateway(view, request, { sender, passage }), powers });
