/** Where objects stand: their files and lines, and which object a service or a policy is. */
import { lineOf, type Resource, refKey, refOf, type WrittenPlace } from '@weft/model';
import { type DestinationRule, expandHost, type Service } from '../mesh/index.ts';

export interface Places {
  /** With file and line where they are known. */
  located(place: WrittenPlace): WrittenPlace;
  ofService(service: Service): WrittenPlace | undefined;
  ofRule(rule: DestinationRule): WrittenPlace | undefined;
}

const hostsOf = (resource: Resource): readonly string[] => {
  const { host, hosts } = resource.spec as { readonly host?: string; readonly hosts?: readonly string[] };
  return [...(host === undefined ? [] : [host]), ...(hosts ?? [])].map((one) => expandHost(one, resource.metadata.namespace));
};

export const placesIn = (resources: readonly Resource[]): Places => {
  const byKey = new Map(resources.map((resource) => [refKey(refOf(resource)), resource]));
  const located = (place: WrittenPlace): WrittenPlace => {
    const resource = byKey.get(refKey(place));
    const line = resource && lineOf(resource, place.path);
    return {
      ...place,
      ...(resource?.origin.source === 'file' && { file: resource.origin.file }),
      ...(line !== undefined && { line }),
      ...(place.delegatedBy && { delegatedBy: located(place.delegatedBy) }),
    };
  };
  const ofHost = (kind: string, namespace: string, host: string): WrittenPlace | undefined => {
    const found = resources.find(
      (resource) => resource.kind === kind && resource.metadata.namespace === namespace && hostsOf(resource).includes(host),
    );
    return found && located({ ...refOf(found), path: '' });
  };
  return {
    located,
    ofService: ({ namespace, shortName, hostname }) =>
      shortName === undefined
        ? ofHost('ServiceEntry', namespace, hostname)
        : located({ kind: 'Service', namespace, name: shortName, path: '' }),
    ofRule: ({ namespace, host }) => ofHost('DestinationRule', namespace, host),
  };
};
