/** Changes one thing of one rule by a form: it writes the manifest, which then goes the way of any change. */
import './traffic.css';
import { useNavigate, useParams } from '@tanstack/react-router';
import {
  type DestinationRuleSpec,
  type HttpRouteSettings,
  manifestText,
  type Origin,
  ofKind,
  type Resource,
  type VirtualServiceSpec,
} from '@weft/model';
import { type ReactNode, useState } from 'react';
import { Change } from '../config/change/Change.tsx';
import { useObjects } from '../config/objects.tsx';
import { Page } from '../kit/parts.tsx';
import { Answer, Empty } from '../kit/states.tsx';
import { BreakerForm, FaultForm, MirrorForm, type RuleForm, SplitForm, TimingForm, type Write } from './forms.tsx';
import { fullHost } from './live.ts';
import { readAt, writtenAt } from './manifest.ts';

const titles: Readonly<Record<string, string>> = {
  split: 'Traffic split',
  timing: 'Timeout and retries',
  fault: 'Fault injection',
  mirror: 'Mirroring',
  breaker: 'Circuit breaker',
};

const forms: Readonly<Record<string, (form: RuleForm) => ReactNode>> = {
  split: SplitForm,
  timing: TimingForm,
  fault: FaultForm,
  mirror: MirrorForm,
};

interface WritingProps {
  readonly before: string;
  readonly beginning: string;
  readonly origin?: Origin;
  readonly form: (text: string, write: Write) => ReactNode;
}

const Writing = ({ before, beginning, origin, form }: WritingProps) => {
  // What is in force may change meanwhile; what is compared with is what was there when one began.
  const [start] = useState(before);
  const [text, setText] = useState(beginning);
  const navigate = useNavigate();
  const write: Write = (path, value) => setText((now) => writtenAt(now, path, value));
  return (
    <Change
      before={start}
      text={text}
      onText={setText}
      {...(origin && { origin })}
      onLeave={() => void navigate({ to: '/traffic' })}
      form={form(text, write)}
    />
  );
};

const RuleWriting = ({ service, rule, wizard }: { readonly service: Resource; readonly rule: number; readonly wizard: string }) => {
  const text = manifestText(service);
  const at = ['spec', 'http', rule];
  const Form = forms[wizard];
  return (
    <Writing
      before={text}
      beginning={text}
      origin={service.origin}
      form={(now, write) => Form && <Form rule={(readAt(now, at) ?? {}) as HttpRouteSettings} at={at} write={write} />}
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
  readonly all: readonly Resource[];
}

/** It belongs to the destination: to its DestinationRule, or to a new one. */
const BreakerWriting = ({ service, rule, all }: BreakerProps) => {
  const { namespace } = service.metadata;
  const destination = service.spec.http?.[rule]?.route?.[0]?.destination;
  if (!destination) return <Empty>This rule sends nothing anywhere.</Empty>;
  const host = fullHost(destination.host, namespace);
  const known = ofKind(all, 'DestinationRule').find(({ spec, metadata }) => fullHost(spec.host, metadata.namespace) === host);
  const before = known ? manifestText(known) : '';
  return (
    <Writing
      before={before}
      beginning={before || newRule(destination.host, namespace)}
      {...(known && { origin: known.origin })}
      form={(now, write) => <BreakerForm spec={(readAt(now, ['spec']) ?? {}) as DestinationRuleSpec} write={write} />}
    />
  );
};

export const Wizard = () => {
  const { namespace = '', name = '', rule = '', wizard = '' } = useParams({ strict: false }) as Readonly<Record<string, string>>;
  const objects = useObjects();
  return (
    <Page
      title={`${titles[wizard] ?? 'Change'}: ${namespace}/${name}, rule ${Number(rule) + 1}`}
      command="npx weft apply -f FILE"
      call={`/resources/VirtualService/${namespace}/${name}`}
    >
      <Answer of={objects} loading="Asking for the rule">
        {({ items }) => {
          const all = items.map(({ resource }) => resource);
          const service = ofKind(all, 'VirtualService').find(({ metadata }) => metadata.namespace === namespace && metadata.name === name);
          if (!service?.spec.http?.[Number(rule)]) return <Empty>There is no such rule now.</Empty>;
          if (wizard === 'breaker') return <BreakerWriting service={service} rule={Number(rule)} all={all} />;
          return <RuleWriting service={service} rule={Number(rule)} wizard={wizard} />;
        }}
      </Answer>
    </Page>
  );
};
