/** Namespaces carry labels (`istio-injection`), which are metadata; the spec says nothing that we read. */
export type NamespaceSpec = Readonly<Record<string, unknown>>;
