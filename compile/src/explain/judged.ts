/** A passage where policies have a word: they come before routes and the application, and behind whatever closes a connection. */
import type { CameIn, Passage, Request } from '@weft/model';
import type { View } from '../mesh/index.ts';
import { atGateway, atServer, type Sender, type ServerDoor } from './arriving.ts';
import { bearing, type TokenPowers } from './bearer.ts';
import type { Facts } from './facts.ts';
import { inbound } from './inbound.ts';
import { explain } from './passage.ts';
import { ambiguityOf, isRead } from './reading.ts';
import { recorded } from './recorded.ts';
import { asRequest, type Read } from './request.ts';
import { verdict } from './verdict.ts';

/** What a record says of the request beside the request itself. */
export type Recorded = Pick<CameIn, 'decided' | 'token'>;

/** Who is asked, and what about. */
interface Question {
  readonly view: View;
  readonly facts: Facts;
  readonly powers: TokenPowers;
  readonly recorded?: Recorded;
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

interface Judged {
  readonly passage: Passage;
  /** The request as it goes on; absent: it does not, or it is bytes. */
  readonly heard?: Read;
}

/** As a record has it: of a verified token it holds whose it is. */
const asRecorded = (facts: Facts, { token }: Recorded): Facts => {
  const { request } = facts;
  return token && request ? { ...facts, request: { ...request, claims: { iss: token.issuer, sub: token.subject } } } : facts;
};

const judged = (passage: Passage, { view, facts, powers, recorded: seen }: Question): Judged => {
  const { compatibility, tokens = [] } = view.role === 'gateway' ? view.gateway : view.inbound;
  const isPossible = seen?.decided?.by !== 'token' || tokens.length > 0;
  const said = seen?.decided && isPossible ? recorded(view.authorization, asRecorded(facts, seen), seen.decided) : undefined;
  if (said) return { passage: { ...refused(passage, said), verdict: said } };
  const ambiguity = facts.request && compatibility !== 'istio' ? ambiguityOf(facts.request) : undefined;
  if (ambiguity !== undefined) return { passage: refused(passage, { status: 403, why: ambiguity }) };
  const borne = facts.request && bearing(facts.request, tokens, powers);
  const found = verdict(view.authorization, facts, borne);
  if (!found.allowed) return { passage: { ...refused(passage, found), verdict: found } };
  return { passage: { ...passage, verdict: found }, ...(borne?.kind === 'taken' && { heard: borne.request }) };
};

export interface Incoming {
  readonly sender: Sender;
  readonly powers: TokenPowers;
  /** Absent: the request is known as a whole. */
  readonly recorded?: Recorded;
}

/** At the application's own sidecar. */
export const enteredServer = (door: ServerDoor, { sender, ...known }: Incoming): Passage => {
  const { view, arrival } = door;
  const passage = inbound(view, arrival);
  return isOver(passage) ? passage : judged(passage, { view, facts: atServer(door, sender, isRead(passage)), ...known }).passage;
};

export interface GatewayDoor {
  readonly view: View;
  readonly request: Request;
}

export interface Entered {
  readonly passage: Passage;
  /** As it goes on. */
  readonly request: Request;
}

/** At a gateway: routes see what verified tokens have made of a request; without one Envoy keeps the route that it came for. */
export const enteredGateway = ({ view, request }: GatewayDoor, { sender, ...known }: Incoming): Entered => {
  const passage = explain(view, request);
  if (isOver(passage)) return { passage, request };
  const one = judged(passage, { view, facts: atGateway(view, request, { sender, passage }), ...known });
  if (!one.heard) return { passage: one.passage, request };
  const goesOn = asRequest(one.heard, request);
  if (!one.heard.claims) return { passage: one.passage, request: goesOn };
  const { verdict: found } = one.passage;
  return { passage: { ...explain(view, goesOn, one.heard.claims), ...(found && { verdict: found }) }, request: goesOn };
};
