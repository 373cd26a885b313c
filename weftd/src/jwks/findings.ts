/** What owners of RequestAuthentications should know of the keys that were asked for. */
import { type KeySource, keySourceOf } from '@weft/compile';
import { type Finding, isKind, lineOf, type Resource, refOf } from '@weft/model';

type FaultOf = (source: KeySource) => { readonly why: string; readonly hasKeys: boolean } | undefined;

/** Sources that the objects name, each once. */
export const sourcesIn = (resources: readonly Resource[]): readonly KeySource[] =>
  resources.flatMap((resource) => {
    if (!isKind(resource, 'RequestAuthentication')) return [];
    return (resource.spec.jwtRules ?? []).flatMap((rule) => keySourceOf(rule) ?? []);
  });

const findingOf = (resource: Resource, path: string, { why, hasKeys }: NonNullable<ReturnType<FaultOf>>): Finding => {
  const line = lineOf(resource, path);
  return {
    code: 'WEFT0306',
    severity: hasKeys ? 'warning' : 'error',
    resource: refOf(resource),
    path,
    message: `the issuer's keys cannot be fetched: ${why}; ${hasKeys ? 'the last good ones stay in force' : 'its tokens are refused'}`,
    help: 'Correct the address or the server there; networks inside are opened by the annotation `mesh.weft.dev/jwks-networks` of the mesh settings.',
    ...(resource.origin.source === 'file' && { file: resource.origin.file }),
    ...(line !== undefined && { line }),
  };
};

export const keyFindings = (resources: readonly Resource[], faultOf: FaultOf): readonly Finding[] =>
  resources.flatMap((resource) => {
    if (!isKind(resource, 'RequestAuthentication')) return [];
    return (resource.spec.jwtRules ?? []).flatMap((rule, index) => {
      const source = keySourceOf(rule);
      const fault = source && faultOf(source);
      if (!source || !fault) return [];
      const field = source.kind === 'discovery' ? 'issuer' : rule.jwksUri ? 'jwksUri' : 'jwks_uri';
      return [findingOf(resource, `spec.jwtRules[${index}].${field}`, fault)];
    });
  });
