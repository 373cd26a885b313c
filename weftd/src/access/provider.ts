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

export interface ConsoleSettings {
  readonly consoleLogin?: ProviderLogin;
  readonly consoleAddress?: string;
}

const providerOf = (login: ConsoleLogin, resources: readonly Resource[], rootNamespace: string): ProviderLogin => {
  const found = ofKind(resources, 'Secret').find(({ metadata }) => metadata.namespace === rootNamespace && metadata.name === login.secret);
  const [id, secret, authority] = ['client-id', 'client-secret', 'ca.crt'].map((key) => trimmed(found && secretText(found.spec, key)));
  if (id === undefined) return login;
  return { ...login, client: { id, ...(secret && { secret }), ...(authority && { authority }) } };
};

/** What the mesh's settings say of the console. */
export const consoleSettings = (
  resources: readonly Resource[],
  { consoleLogin, consoleAddress, rootNamespace }: MeshSettings,
): ConsoleSettings => ({
  ...(consoleLogin && { consoleLogin: providerOf(consoleLogin, resources, rootNamespace) }),
  ...(consoleAddress !== undefined && { consoleAddress }),
});
