/**
 * How a connection manager reads a request before any rule looks at it, so that policies, routes and servers see one and the same.
 * Requests are read more strictly than Istio reads them, unless the mesh is to be like Istio [G20].
 */
import type { Init } from '@weft/envoy';
import {
  HttpProtocolOptions_HeadersWithUnderscoresAction,
  type HttpProtocolOptionsSchema,
} from '@weft/envoy/gen/envoy/config/core/v3/protocol_pb.js';
import {
  HttpConnectionManager_PathWithEscapedSlashesAction,
  type HttpConnectionManagerSchema,
} from '@weft/envoy/gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.js';
import { type Caller, isStranger, type PathNormalization, pathsOfGateway, pathsOfServer, type Surface } from '../mesh/index.ts';

type Reading = Init<typeof HttpConnectionManagerSchema>;

const slashes = HttpConnectionManager_PathWithEscapedSlashesAction;

/** [S86] */
const pathOptions = (paths: PathNormalization): Reading => ({
  normalizePath: paths !== 'NONE',
  ...((paths === 'MERGE_SLASHES' || paths === 'DECODE_AND_MERGE_SLASHES') && { mergeSlashes: true }),
  ...(paths === 'DECODE_AND_MERGE_SLASHES' && { pathWithEscapedSlashesAction: slashes.UNESCAPE_AND_FORWARD }),
});

export type Read = Pick<Surface, 'paths' | 'compatibility'>;

/** Of an application's own calls: no policy is asked there, and what the server gets, its own proxy reads again. */
export const callReading = ({ paths = 'BASE' }: Read): Reading => pathOptions(paths);

/** A name with a dot at its end is the same name: policies and servers see it without. */
const hostOptions = ({ compatibility }: Read): Reading => (compatibility === 'istio' ? {} : { stripTrailingHostDot: true });

/** Of requests to an application. */
export const serverReading = (read: Read): Reading => ({ ...pathOptions(pathsOfServer(read)), ...hostOptions(read) });

/** Of requests from outside. */
export const gatewayReading = (read: Read): Reading => ({ ...pathOptions(pathsOfGateway(read)), ...hostOptions(read) });

const underscores = HttpProtocolOptions_HeadersWithUnderscoresAction;

/**
 * Servers that turn headers into variables (CGI and its heirs) take `x_role` for `x-role`, which policies look at: from outside such
 * requests are refused, as Envoy advises for edges, and inside the header is left out.
 */
export const headerOptions = ({ compatibility }: Read, place: 'server' | 'gateway'): Init<typeof HttpProtocolOptionsSchema> =>
  compatibility === 'istio'
    ? {}
    : { headersWithUnderscoresAction: place === 'gateway' ? underscores.REJECT_REQUEST : underscores.DROP_HEADER };

/** More than a header has room for: then Envoy takes the connection's own address. */
const nobodysWord = 1_000_000;

/**
 * Whose word on the client's address counts at a server: that of callers in the mesh, among whom are its gateways [S109]. Others say
 * what they like in `x-forwarded-for`; where nobody has an identity (`DISABLE`) gateways cannot be told from them.
 */
export const addressOptions = (read: Read, caller: Caller): Reading => (isStranger(read, caller) ? { xffNumTrustedHops: nobodysWord } : {});
