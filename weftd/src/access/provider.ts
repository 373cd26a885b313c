/** The provider that the mesh's settings name, with what their Secret holds of this client. */
import { type ConsoleLogin, type MeshSettings, ofKind, type Resource, secretText } from '@weft/model';

export interface ProviderLogin extends ConsoleLogin {
  readonly client?: {
    readonly id: string;
    /** Absent: a public client, which PKCE alone protects. */
    readonly secret?: string;
    /** PEM: who is trusted instead of those whom everybody trusts. */
    readonly authority?: string;
  };
}

const trimmed = (text: string | undefined): string | undefined => text?.trim() || undefined;

export const providerLogin = (
  resources: readonly Resource[],
  { consoleLogin, rootNamespace }: MeshSettings,
): { readonly consoleLogin?: ProviderLogin } => {
  if (!consoleLogin) return {};
  const found = ofKind(resources, 'Secret').find(
    ({ metadata }) => metadata.namespace === rootNamespace && metadata.name === consoleLogin.secret,
  );
  const [id, secret, authority] = ['client-id', 'client-secret', 'ca.crt'].map((key) => trimmed(found && secretText(found.spec, key)));
  if (id === undefined) return { consoleLogin };
  return { consoleLogin: { ...consoleLogin, client: { id, ...(secret && { secret }), ...(authority && { authority }) } } };
};
