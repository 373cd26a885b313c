/** Objectives, rules and routes as the engine goes by them. */
import { type AlertMatcher, type AlertReceiver, type AlertRouteSpec, parsePeriod, type Resource } from '@weft/model';
import {
  budgetBurnRules,
  builtInRules,
  type Inhibition,
  type Matcher,
  type Objective,
  objectiveOf,
  pagesExplainTickets,
  type Receiver,
  type Rulebook,
  type Watch,
  watchOf,
} from '@weft/signals';
import type { Configuration } from './configuration.ts';
import { resendDelay } from './notify/alertmanager.ts';
import { kindOf } from './notify/notify.ts';

export interface Outlet {
  readonly receiver: Receiver;
  /** Where its Secrets are. */
  readonly namespace: string;
  readonly told: AlertReceiver;
}

export interface AlertPlan {
  readonly objectives: readonly Objective[];
  readonly watches: readonly Watch[];
  /** By the receiver's name. */
  readonly outlets: ReadonlyMap<string, Outlet>;
  readonly rulebook: Rulebook;
}

const minute = 60_000;

/** Alertmanager's. */
const usual = { groupBy: ['alertname', 'namespace'], wait: minute / 2, interval: 5 * minute, repeat: 240 * minute };

/** What is resolved is shown for so long. */
const retention = 60 * minute;

export const matcherOf = ({ name, matchType = '=', value }: AlertMatcher): Matcher => ({ label: name, is: matchType, value });

/** A route of the root namespace is for the mesh, any other for its own namespace. */
const within = ({ metadata }: Resource, rootNamespace: string): readonly Matcher[] =>
  metadata.namespace === rootNamespace ? [] : [{ label: 'namespace', is: '=', value: metadata.namespace }];

const timesOf = ({ groupBy, groupWait, groupInterval, repeatInterval }: AlertRouteSpec) => ({
  groupBy: groupBy ?? usual.groupBy,
  wait: parsePeriod(groupWait ?? '') ?? usual.wait,
  interval: parsePeriod(groupInterval ?? '') ?? usual.interval,
  repeat: parsePeriod(repeatInterval ?? '') ?? usual.repeat,
});

/** It groups and waits itself. */
const atOnce = { groupBy: [], wait: 0, interval: 0, repeat: resendDelay };

const outletsOf = (route: Resource<AlertRouteSpec>, rootNamespace: string): readonly Outlet[] => {
  const { metadata, spec } = route;
  const matchers = [...within(route, rootNamespace), ...(spec.matchers ?? []).map(matcherOf)];
  return spec.receivers.map((told, index) => {
    const kind = kindOf(told);
    const name = `${metadata.namespace}/${metadata.name}/${index}/${kind}`;
    return { receiver: { name, matchers, ...(kind === 'alertmanager' ? atOnce : timesOf(spec)) }, namespace: metadata.namespace, told };
  });
};

const inhibitionsOf = (route: Resource<AlertRouteSpec>, rootNamespace: string): readonly Inhibition[] => {
  const own = within(route, rootNamespace);
  return (route.spec.inhibitRules ?? []).map(({ sourceMatch, targetMatch, equal = [] }) => ({
    source: [...own, ...sourceMatch.map(matcherOf)],
    target: [...own, ...targetMatch.map(matcherOf)],
    equal,
  }));
};

const watchesOf = ({ rules, rootNamespace }: Configuration): readonly Watch[] => {
  const replaced = new Set(rules.filter(({ metadata }) => metadata.namespace === rootNamespace).map(({ metadata }) => metadata.name));
  const builtIn = Object.entries(builtInRules).filter(([name]) => !replaced.has(name));
  return [
    ...rules.map((rule) => watchOf(rule, rootNamespace)),
    ...builtIn.map(([name, spec]) => watchOf({ metadata: { name, namespace: rootNamespace }, spec }, rootNamespace)),
  ];
};

export const planOf = (configuration: Configuration): AlertPlan => {
  const { routes, rootNamespace } = configuration;
  const objectives = configuration.objectives.map(objectiveOf);
  const watches = watchesOf(configuration);
  const outlets = new Map(routes.flatMap((route) => outletsOf(route, rootNamespace)).map((outlet) => [outlet.receiver.name, outlet]));
  return {
    objectives,
    watches,
    outlets,
    rulebook: {
      rules: [...watches.map(({ rule }) => rule), ...objectives.flatMap(budgetBurnRules)],
      receivers: [...outlets.values()].map(({ receiver }) => receiver),
      inhibitions: [pagesExplainTickets, ...routes.flatMap((route) => inhibitionsOf(route, rootNamespace))],
      retention,
    },
  };
};
