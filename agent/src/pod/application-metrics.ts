/**
 * An application's own metrics, where its pod says that it has some (`prometheus.io/scrape`, as Istio's metrics merging reads it): asked from
 * where probes come, so that it answers itself and not its proxy, and for no longer and no more than a scrape can bear.
 */
import { request } from 'node:http';

export interface ApplicationPage {
  readonly type: string;
  readonly body: Buffer;
}

export interface ApplicationPlace {
  readonly address: string;
  readonly source?: string;
}

/** Prometheus gives up after ten seconds, and the proxy's own page takes some. */
const answerMs = 2_000;
const maxBytes = 8 * 1024 * 1024;

interface Target {
  readonly port: number;
  readonly path: string;
}

type Annotations = Readonly<Record<string, string>>;

/** Istio's defaults where a part is not said. @returns undefined where it has none, or what is wrong with what is said */
export const applicationTarget = (annotations: Annotations): Target | string | undefined => {
  if (annotations['prometheus.io/scrape'] !== 'true') return undefined;
  const {
    'prometheus.io/port': port = '80',
    'prometheus.io/path': path = '/metrics',
    'prometheus.io/scheme': scheme = 'http',
  } = annotations;
  if (!/^\d{1,5}$/.test(port) || Number(port) < 1 || Number(port) > 65_535)
    return `prometheus.io/port: \`${port.slice(0, 40)}\` is no port`;
  if (scheme !== 'http') return `prometheus.io/scheme: \`${scheme.slice(0, 40)}\` cannot be asked; only http is`;
  return { port: Number(port), path: path.startsWith('/') ? path : `/${path}` };
};

export const askApplication = ({ port, path }: Target, { address, source }: ApplicationPlace): Promise<ApplicationPage> =>
  new Promise((resolve, reject) => {
    const headers = { accept: 'text/plain;version=0.0.4;q=0.9,*/*;q=0.1', 'user-agent': 'weft' };
    const place = { host: address, port, path, ...(source !== undefined && { localAddress: source }) };
    const outgoing = request({ ...place, agent: false, headers }, (response) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > maxBytes) outgoing.destroy(new Error(`the application's metrics are larger than ${maxBytes} bytes`));
        else chunks.push(chunk);
      });
      response.on('error', reject);
      response.on('end', () => {
        clearTimeout(timer);
        if (response.statusCode !== 200) reject(new Error(`the application answers with ${response.statusCode} at ${path}`));
        else resolve({ type: response.headers['content-type'] ?? 'text/plain', body: Buffer.concat(chunks) });
      });
    });
    const timer = setTimeout(() => outgoing.destroy(new Error(`the application does not answer within ${answerMs} ms`)), answerMs);
    outgoing.on('error', (error) => {
      clearTimeout(timer);
      reject(error);
    });
    outgoing.end();
  });
