export interface EnvVar {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: { readonly fieldRef?: { readonly fieldPath: string } };
}

export interface ContainerPort {
  readonly name?: string;
  readonly containerPort: number;
  readonly protocol?: 'TCP' | 'UDP' | 'SCTP';
}

/** Port by number or by name of a container port. */
export type IntOrString = number | string;

export interface ProbeSettings {
  readonly httpGet?: {
    readonly path?: string;
    readonly port: IntOrString;
    readonly host?: string;
    readonly scheme?: string;
    readonly httpHeaders?: readonly { readonly name: string; readonly value: string }[];
  };
  readonly tcpSocket?: { readonly port: IntOrString; readonly host?: string };
  readonly grpc?: { readonly port: number; readonly service?: string };
  readonly exec?: { readonly command?: readonly string[] };
  readonly initialDelaySeconds?: number;
  readonly periodSeconds?: number;
  readonly timeoutSeconds?: number;
  readonly successThreshold?: number;
  readonly failureThreshold?: number;
}

export interface ContainerSettings {
  readonly name: string;
  /** Locally a container's process is its command, so `parse` asks for it. */
  readonly command?: readonly string[];
  readonly args?: readonly string[];
  readonly env?: readonly EnvVar[];
  readonly workingDir?: string;
  readonly ports?: readonly ContainerPort[];
  readonly readinessProbe?: ProbeSettings;
  readonly livenessProbe?: ProbeSettings;
  readonly startupProbe?: ProbeSettings;
}

export interface PodTemplateSpec {
  readonly containers: readonly ContainerSettings[];
  readonly serviceAccountName?: string;
  /** Old name of `serviceAccountName`. */
  readonly serviceAccount?: string;
  readonly terminationGracePeriodSeconds?: number;
}
