import { credentialOf } from '../kubernetes/secret.ts';
import { nameOf, type Pass } from './input.ts';

export const credentials: Pass = {
  name: 'credentials',
  reads: ({ of }) => [of('Secret')],
  make: ({ of, memo }) => {
    const all = of('Secret').map((resource) => memo(nameOf(resource), [resource.hash], () => credentialOf(resource)));
    return { credentials: new Map(all.flatMap((credential) => (credential ? [[credential.key, credential] as const] : []))) };
  },
};
