/** Where requests go: through one proxy (`explain`), and through the whole mesh (`journey`). */
export { accessIn } from './access.ts';
export { enteredAgain, podAt } from './again.ts';
export { assumedPods } from './assumed.ts';
export { type TokenPowers, tokensIn } from './bearer.ts';
export { concernedIn } from './concerned.ts';
export { type Decision, decisionOf, type Recorded } from './decision.ts';
export { type Arrival, inbound } from './inbound.ts';
export { expectedProxy, journey, keySetsOf, type Situation } from './journey.ts';
export { enteredGateway, enteredServer, type Incoming } from './judged.ts';
export { modesIn } from './modes.ts';
export { explain } from './passage.ts';
export { answered, forwarded } from './rewrite.ts';
export { serviceDetails, servicesIn } from './services.ts';
