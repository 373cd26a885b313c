/** Whom the mesh's settings name, with what their Secrets hold: whenever one is changed, others are asked with what it holds then. */
import {
  type Credentials,
  credentialFlaws,
  credentialsOf,
  type MeshSettings,
  noCredentials,
  type OtlpSignal,
  type OtlpTarget,
  ofKind,
  type Resource,
  type TelemetryTarget,
} from '@weft/model';

export interface TelemetryReceiver {
  readonly address: string;
  /** Absent: its Secret is not there, or says nothing that could be sent. Nobody is asked then, since it would be without. */
  readonly credentials?: Credentials;
}

export interface OtlpReceiver extends TelemetryReceiver, Pick<OtlpTarget, 'protocol'> {}

/** As the settings' `telemetryTargets`. */
export interface TelemetryReceivers {
  readonly prometheus?: TelemetryReceiver;
  readonly remoteWrite?: TelemetryReceiver;
  readonly otlp: { readonly [Signal in OtlpSignal]?: OtlpReceiver };
  readonly networks: readonly string[];
}

const credentialsIn = (resources: readonly Resource[], { rootNamespace }: MeshSettings, name: string): Credentials | undefined => {
  const secret = ofKind(resources, 'Secret').find(({ metadata }) => metadata.namespace === rootNamespace && metadata.name === name);
  return secret && credentialFlaws(secret.spec).length === 0 ? credentialsOf(secret.spec) : undefined;
};

export const telemetryReceivers = (resources: readonly Resource[], settings: MeshSettings): TelemetryReceivers => {
  const { prometheus, remoteWrite, otlp, networks } = settings.telemetryTargets;
  const known = <Target extends TelemetryTarget>({ secret, ...target }: Target) => {
    const credentials = secret === undefined ? noCredentials : credentialsIn(resources, settings, secret);
    return { ...target, ...(credentials && { credentials }) };
  };
  const { metrics, traces, logs } = otlp;
  return {
    ...(prometheus && { prometheus: known(prometheus) }),
    ...(remoteWrite && { remoteWrite: known(remoteWrite) }),
    otlp: { ...(metrics && { metrics: known(metrics) }), ...(traces && { traces: known(traces) }), ...(logs && { logs: known(logs) }) },
    networks,
  };
};

/** What a question by HTTP says of who asks. */
export const headersOf = ({ headers, basic }: Credentials): Readonly<Record<string, string>> => ({
  ...headers,
  ...(basic && { authorization: `Basic ${Buffer.from(`${basic.username}:${basic.password}`).toString('base64')}` }),
});
