/**
 * Certificates from Secrets. Key material: it goes from here to the one proxy that may have it, over SDS, and nowhere else (not
 * into listeners, explanations or findings). Identity-stable.
 */

export interface Credential {
  /** `namespace/name` */
  readonly key: string;
  readonly pair?: { readonly certificate: string; readonly key: string };
  /** Whom peers are checked against; absent: it says nothing of them. */
  readonly authority?: { readonly certificates: string; readonly revoked?: string };
}

/** One of them under the name by which a proxy asks for it. */
export type ServedSecret =
  | { readonly kind: 'pair'; readonly name: string; readonly credential: Credential }
  | { readonly kind: 'authority'; readonly name: string; readonly credential: Credential };

/** All that one proxy may have. */
export interface CredentialSlice {
  readonly secrets: readonly ServedSecret[];
}
