export interface WorkloadEntrySpec {
  /** IP address, host name, or `unix:///path`. */
  readonly address?: string;
  /** Port by service port name. */
  readonly ports?: Readonly<Record<string, number>>;
  readonly labels?: Readonly<Record<string, string>>;
  readonly network?: string;
  /** `region/zone/subzone` */
  readonly locality?: string;
  readonly weight?: number;
  readonly serviceAccount?: string;
}
