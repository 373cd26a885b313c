import { credentialOf } from '../kubernetes/secret.ts';
import { nameOf, type Pass } from './input.ts';

export const credentials: Pass = {
  name: 'credentials',
  reads: ({ of }) => [of('Secret')],
  make: ({ of, memo }) => {
    const all = memo.each('secrets', { items: of('Secret'), name: nameOf, inputs: ({ hash }) => [hash], make: credentialOf });
    return { credentials: new Map(all.flatMap((credential) => (credential ? [[credential.key, credential] as const] : []))) };
  },
};
