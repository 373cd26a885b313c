/** Slack's incoming webhooks, with attachments, as Mattermost, Rocket.Chat and Discord take them too. */
import { addressed, post } from './post.ts';
import { isFiring, lines, type Notify, title } from './told.ts';

/** Seen by nobody. */
const nothing = '\u200b';

/**
 * docs.slack.dev/messaging/formatting-message-text: of Slack's own marks only `&`, `<` and `>` lead anywhere. Those that are like it read Markdown
 * and plain `@channel` too: what a metric's label says mentions nobody, and is no link that says it leads elsewhere.
 */
const escaped = (text: string): string =>
  text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('@', `@${nothing}`)
    .replaceAll('](', `]${nothing}(`);

const colour = { firing: '#d00000', resolved: '#2eb886' } as const;

/** Longer messages are cut there. */
const longest = 3000;

export const slack: Notify<'slack'> = (told, endpoint, outside) => {
  const heading = escaped(title(told));
  const text = lines(told).map(escaped).join('\n').slice(0, longest);
  const attachment = { color: colour[isFiring(told) ? 'firing' : 'resolved'], title: heading, fallback: heading, text };
  return post({ ...addressed(endpoint, outside), body: { attachments: [attachment] } }, outside);
};
