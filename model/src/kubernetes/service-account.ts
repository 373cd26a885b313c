/** An identity: its name and namespace are all that we read. */
export type ServiceAccountSpec = Readonly<Record<string, unknown>>;
