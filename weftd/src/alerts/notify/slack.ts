/** Slack's incoming webhooks, with attachments, as Mattermost, Rocket.Chat and Discord take them too. */
import { addressed, post } from './post.ts';
import { isFiring, lines, type Notify, title } from './told.ts';

/** docs.slack.dev/messaging/formatting-message-text: these three alone mean something; else text could mention everybody. */
const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

const colour = { firing: '#d00000', resolved: '#2eb886' } as const;

/** Longer messages are cut there. */
const longest = 3000;

export const slack: Notify<'slack'> = (told, endpoint, outside) => {
  const heading = escaped(title(told));
  const text = lines(told).map(escaped).join('\n').slice(0, longest);
  const attachment = { color: colour[isFiring(told) ? 'firing' : 'resolved'], title: heading, fallback: heading, text };
  return post({ ...addressed(endpoint, outside), body: { attachments: [attachment] } }, outside);
};
