/** Changes one thing of one rule by a form: it writes the manifest, which then goes the way of any change. */
import './traffic.css';
import { useNavigate, useParams } from '@tanstack/react-router';
import {
  type DestinationRuleSpec,
  fullHost,
  type HttpRouteSettings,
  isKind,
  manifestText,
  type ObjectRef,
  type Origin,
  ofKind,
  type Resource,
  refKey,
  refOf,
  type StoredObject,
  type VirtualServiceSpec,
} from '@weft/model';
import type { ReactNode } from 'react';
import { Change } from '../config/change/Change.tsx';
import { type InForce, useDraft } from '../config/change/draft.ts';
import { useObjects } from '../config/objects.tsx';
import { Page } from '../kit/parts.tsx';
import { Answer, Empty } from '../kit/states.tsx';
import { BreakerForm, FaultForm, MatchForm, MirrorForm, type RuleForm, TimingForm, type Write } from './forms.tsx';
import { type FieldPath, readAt, writtenAt } from './manifest.ts';
import { type Place, SplitForm } from './SplitForm.tsx';

const titles: Readonly<Record<string, string>> = {
  match: 'Request routing',
  split: 'Traffic split',
  timing: 'Timeout and retries',
  fault: 'Fault injection',
  mirror: 'Mirroring',
  breaker: 'Circuit breaker',
};

const forms: Readonly<Record<string, (form: RuleForm) => ReactNode>> = {
  match: MatchForm,
  split: SplitForm,
  timing: TimingForm,
  fault: FaultForm,
  mirror: MirrorForm,
};

interface WritingProps {
  readonly of: ObjectRef;
  readonly now: InForce;
  /** Absent: as it is. */
  readonly beginning?: string;
  readonly origin?: Origin;
  readonly form: (text: string, write: Write) => ReactNode;
}

const Writing = ({ of, now, beginning, origin, form }: WritingProps) => {
  const draft = useDraft({ key: refKey(of), now, ...(beginning !== undefined && { beginning }) });
  const { text, setText } = draft;
  const navigate = useNavigate();
  const write: Write = (path, value) => setText((now) => writtenAt(now, path, value));
  return (
    <Change of={of} draft={draft} {...(origin && { origin })} onLeave={() => void navigate({ to: '/traffic' })} form={form(text, write)} />
  );
};

const forceOf = ({ resource, revision }: StoredObject): InForce => ({ text: manifestText(resource), revision });

interface RuleWritingProps {
  readonly object: StoredObject;
  /** Of the rule in the manifest. */
  readonly at: FieldPath;
  readonly wizard: string;
  readonly places: readonly Place[];
}

const RuleWriting = ({ object, at, wizard, places }: RuleWritingProps) => {
  const Form = forms[wizard];
  return (
    <Writing
      of={refOf(object.resource)}
      now={forceOf(object)}
      origin={object.resource.origin}
      form={(now, write) => Form && <Form rule={(readAt(now, at) ?? {}) as HttpRouteSettings} {...{ at, write, places }} />}
    />
  );
};

const newRule = (host: string, namespace: string): string =>
  `apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata:
  name: ${host.split('.')[0]}
  namespace: ${namespace}
spec:
  host: ${host}
`;

interface BreakerProps {
  readonly service: Resource<VirtualServiceSpec>;
  readonly rule: number;
  readonly items: readonly StoredObject[];
}

/** It belongs to the destination: to its DestinationRule, or to a new one. */
const BreakerWriting = ({ service, rule, items }: BreakerProps) => {
  const { namespace } = service.metadata;
  const destination = service.spec.http?.[rule]?.route?.[0]?.destination;
  if (!destination) return <Empty>This rule sends nothing anywhere.</Empty>;
  const host = fullHost(destination.host, namespace);
  const known = items.find(
    ({ resource }) => isKind(resource, 'DestinationRule') && fullHost(resource.spec.host, resource.metadata.namespace) === host,
  );
  return (
    <Writing
      of={known ? refOf(known.resource) : { kind: 'DestinationRule', namespace, name: destination.host.split('.')[0] ?? '' }}
      now={known ? forceOf(known) : { text: '', revision: 0 }}
      {...(known ? { origin: known.resource.origin } : { beginning: newRule(destination.host, namespace) })}
      form={(now, write) => <BreakerForm spec={(readAt(now, ['spec']) ?? {}) as DestinationRuleSpec} write={write} />}
    />
  );
};

/** `0` is a rule for requests, `tcp-0` and `tls-1` are such for connections. */
const placeOf = (rule: string): FieldPath | undefined => {
  const [, protocol = 'http', index] = /^(?:(tcp|tls)-)?(\d{1,4})$/.exec(rule) ?? [];
  return index === undefined ? undefined : ['spec', protocol, Number(index)];
};

const ruleWords = (rule: string): string => {
  const [, protocol, index] = placeOf(rule) ?? [];
  return `${protocol === 'http' ? '' : `${protocol} `}rule ${Number(index) + 1}`;
};

/** Services, and their versions as DestinationRules name them: the own namespace's by their short names. */
const placesIn = (all: readonly Resource[], namespace: string): readonly Place[] =>
  ofKind(all, 'Service').flatMap(({ metadata }) => {
    const full = fullHost(metadata.name, metadata.namespace);
    const host = metadata.namespace === namespace ? metadata.name : full;
    const rules = ofKind(all, 'DestinationRule').filter((rule) => fullHost(rule.spec.host, rule.metadata.namespace) === full);
    return [{ host }, ...rules.flatMap(({ spec }) => (spec.subsets ?? []).map(({ name }) => ({ host, subset: name })))];
  });

export const Wizard = () => {
  const { namespace = '', name = '', rule = '', wizard = '' } = useParams({ strict: false }) as Readonly<Record<string, string>>;
  const objects = useObjects();
  return (
    <Page
      title={`${titles[wizard] ?? 'Change'}: ${namespace}/${name}, ${ruleWords(rule)}`}
      command="npx weft apply -f FILE"
      call={`/resources/VirtualService/${namespace}/${name}`}
    >
      <Answer of={objects} loading="Asking for the rule">
        {({ items }) => {
          const all = items.map(({ resource }) => resource);
          const object = items.find(({ resource }) => refKey(refOf(resource)) === refKey({ kind: 'VirtualService', namespace, name }));
          const [service] = object ? ofKind([object.resource], 'VirtualService') : [];
          const at = placeOf(rule);
          if (!object || !service || !at || readAt(manifestText(service), at) === undefined)
            return <Empty>There is no such rule now.</Empty>;
          if (wizard === 'breaker') return <BreakerWriting service={service} rule={Number(rule)} items={items} />;
          return <RuleWriting object={object} at={at} wizard={wizard} places={placesIn(all, namespace)} />;
        }}
      </Answer>
    </Page>
  );
};
