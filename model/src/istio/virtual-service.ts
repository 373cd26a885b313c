import type { DurationText } from './traffic-policy.ts';

/** One of the three, or `{}`: the value is present, whatever it is. */
export interface StringMatchSettings {
  readonly exact?: string;
  readonly prefix?: string;
  readonly regex?: string;
}

export interface HttpMatchRequest {
  readonly name?: string;
  readonly uri?: StringMatchSettings;
  readonly scheme?: StringMatchSettings;
  readonly method?: StringMatchSettings;
  readonly authority?: StringMatchSettings;
  readonly headers?: Readonly<Record<string, StringMatchSettings>>;
  readonly withoutHeaders?: Readonly<Record<string, StringMatchSettings>>;
  readonly queryParams?: Readonly<Record<string, StringMatchSettings>>;
  readonly ignoreUriCase?: boolean;
  readonly port?: number;
  readonly sourceLabels?: Readonly<Record<string, string>>;
  readonly sourceNamespace?: string;
  readonly gateways?: readonly string[];
}

export interface DestinationSettings {
  readonly host: string;
  readonly subset?: string;
  readonly port?: { readonly number?: number };
}

export interface HeaderOperationSettings {
  readonly set?: Readonly<Record<string, string>>;
  readonly add?: Readonly<Record<string, string>>;
  readonly remove?: readonly string[];
}

export interface HeadersSettings {
  readonly request?: HeaderOperationSettings;
  readonly response?: HeaderOperationSettings;
}

export interface HttpRouteDestination {
  readonly destination: DestinationSettings;
  readonly weight?: number;
  readonly headers?: HeadersSettings;
}

export interface HttpRedirect {
  readonly uri?: string;
  readonly authority?: string;
  readonly port?: number;
  readonly derivePort?: 'FROM_PROTOCOL_DEFAULT' | 'FROM_REQUEST_PORT';
  readonly scheme?: string;
  readonly redirectCode?: number;
}

export interface HttpDirectResponse {
  readonly status: number;
  readonly body?: { readonly string?: string; readonly bytes?: string };
}

export interface HttpRewrite {
  readonly uri?: string;
  readonly authority?: string;
  readonly uriRegexRewrite?: { readonly match: string; readonly rewrite: string };
}

export interface HttpRetry {
  readonly attempts?: number;
  readonly perTryTimeout?: DurationText;
  /** Envoy's words and status codes, separated by commas. */
  readonly retryOn?: string;
  readonly backoff?: DurationText;
  readonly retryIgnorePreviousHosts?: boolean;
}

export interface HttpRouteSettings {
  readonly name?: string;
  readonly match?: readonly HttpMatchRequest[];
  readonly route?: readonly HttpRouteDestination[];
  readonly redirect?: HttpRedirect;
  readonly directResponse?: HttpDirectResponse;
  readonly rewrite?: HttpRewrite;
  readonly timeout?: DurationText;
  readonly retries?: HttpRetry;
  readonly headers?: HeadersSettings;
}

export interface VirtualServiceSpec {
  readonly hosts?: readonly string[];
  /** Absent means `[mesh]`: all sidecars (semantics 27). */
  readonly gateways?: readonly string[];
  readonly http?: readonly HttpRouteSettings[];
  readonly exportTo?: readonly string[];
}
