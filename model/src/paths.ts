/** Where a mesh keeps its state and its sockets. Pure: the caller reads the environment and hashes. */

export interface Place {
  /** State that survives: store, CA, acknowledged configuration, logs. 0700. */
  readonly home: string;
  /** Sockets and process ids; short, since a Unix socket's path may have 107 bytes. */
  readonly run: string;
}

export interface PlaceInput {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly uid: number;
  readonly userHome: string;
  /** First 8 hex digits of SHA-256. */
  readonly hash8: (text: string) => string;
}

/** @returns absolute paths; `WEFT_HOME` beats `XDG_STATE_HOME` beats `~/.local/state`. */
export const placeOf = ({ env, uid, userHome, hash8 }: PlaceInput): Place => {
  const home = env.WEFT_HOME ?? `${env.XDG_STATE_HOME ?? `${userHome}/.local/state`}/weft`;
  const id = hash8(home);
  if (uid === 0) return { home, run: `/run/weft-${id}` };
  return { home, run: `${env.XDG_RUNTIME_DIR ?? `/tmp/weft-${uid}`}/weft-${id}` };
};

/** The sockets and files of one mesh by name; every program takes them from here. */
export const filesOf = ({ home, run }: Place) => ({
  apiSocket: `${run}/api.sock`,
  xdsSocket: `${run}/xds.sock`,
  agentSocket: `${run}/agent.sock`,
  dnsSocket: `${run}/dns.sock`,
  egressSocket: `${run}/egress.sock`,
  ingressSocket: (port: number) => `${run}/ingress-${port}.sock`,
  podState: (uid: string) => `${home}/pods/${uid}`,
  lock: `${run}/lock`,
  /** weftd's own: it may be started without `weft up`. */
  weftdLock: `${home}/weftd.lock`,
  store: `${home}/store.db`,
  ca: `${home}/ca`,
  token: `${home}/token`,
  /** Lets its bearer read configuration and status, not logs, and change nothing. */
  viewerToken: `${home}/viewer-token`,
  /** For Prometheus: all proxies' metrics, and nothing else. */
  scrapeToken: `${home}/scrape-token`,
  logs: `${home}/logs`,
  /** What proxies recorded and weftd has not taken yet. */
  records: `${home}/records`,
  /** Who was told of which alerts, and what objectives counted. */
  alerts: `${home}/alerts.db`,
  /** What was observed, a file for each kind. */
  telemetry: `${home}/telemetry`,
});
