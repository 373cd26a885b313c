import { authorityOf, keyPairOf, type Resource, type SecretSpec } from '@weft/model';
import type { Credential } from '../mesh/index.ts';

/** Absent: the Secret holds no certificate. */
export const credentialOf = ({ metadata, spec }: Resource<SecretSpec>): Credential | undefined => {
  const [pair, authority] = [keyPairOf(spec), authorityOf(spec)];
  if (!pair && !authority) return undefined;
  return { key: `${metadata.namespace}/${metadata.name}`, ...(pair && { pair }), ...(authority && { authority }) };
};
