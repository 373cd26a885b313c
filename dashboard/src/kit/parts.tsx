/** The small parts that pages are made of. */
import { type ReactNode, useId } from 'react';

export type Tone = 'good' | 'warn' | 'bad' | 'info' | 'plain';

/** A word that says how something is; never by its colour alone. */
export const Badge = ({
  tone = 'plain',
  title,
  children,
}: {
  readonly tone?: Tone;
  readonly title?: string;
  readonly children: ReactNode;
}) => (
  <span className="badge" data-tone={tone} title={title}>
    {children}
  </span>
);

export interface PanelProps {
  readonly title: ReactNode;
  /** Beside the title: buttons, links, a badge. */
  readonly tools?: ReactNode;
  readonly children: ReactNode;
}

export const Panel = ({ title, tools, children }: PanelProps) => {
  const id = useId();
  return (
    <section className="panel" aria-labelledby={id}>
      <header>
        <h2 id={id}>{title}</h2>
        {tools && <div className="tools">{tools}</div>}
      </header>
      {children}
    </section>
  );
};

/** One number with its name; a list of them goes into `<dl className="figures">`. */
export const Figure = ({
  name,
  tone = 'plain',
  children,
}: {
  readonly name: string;
  readonly tone?: Tone;
  readonly children: ReactNode;
}) => (
  <div className="figure">
    <dt>{name}</dt>
    <dd className={tone === 'plain' ? undefined : tone}>{children}</dd>
  </div>
);

export interface PageProps {
  readonly title: ReactNode;
  readonly tools?: ReactNode;
  /** The same by the command line, and by the API: `npx weft stat …`, `GET /signals?…`. */
  readonly command?: string;
  readonly call?: string;
  readonly children: ReactNode;
}

/** A page's frame: title, tools, what it shows, and how to ask the same elsewhere. */
export const Page = ({ title, tools, command, call, children }: PageProps) => (
  <article className="stack">
    <div className="row spread">
      <h1>{title}</h1>
      {tools && <div className="tools">{tools}</div>}
    </div>
    {children}
    {(command || call) && (
      <details className="equivalent">
        <summary>The same by command and API</summary>
        <pre>{[command, call && `GET /api/v1${call}`].filter(Boolean).join('\n')}</pre>
      </details>
    )}
  </article>
);

/** Hands the browser a file to save. */
export const save = (name: string, content: Blob): void => {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
};
