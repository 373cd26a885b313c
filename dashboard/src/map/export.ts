/** The whole map as a picture file, as large as it is and not only what is seen of it. */
import { save } from '../kit/parts.tsx';
import type { Rect } from './paint/camera.ts';
import { aim, paint } from './paint/layer.ts';
import { readPalette } from './paint/palette.ts';
import type { Picture } from './paint/picture.ts';

const margin = 24;
/** Chromium's largest canvas is 16,384 pixels wide; far smaller ones are opened by every viewer. */
const mostPixels = 6_000;

const whole = ({ nodes, boxes }: Picture): Rect | undefined => {
  const rects = [...nodes, ...boxes].map(({ rect }) => rect);
  if (rects.length === 0) return undefined;
  return rects.reduce((all, one) => ({
    left: Math.min(all.left, one.left),
    right: Math.max(all.right, one.right),
    top: Math.min(all.top, one.top),
    bottom: Math.max(all.bottom, one.bottom),
  }));
};

export const exportPng = (picture: Picture): void => {
  const all = whole(picture);
  const canvas = document.createElement('canvas');
  const ctx = canvas.getContext('2d');
  if (!all || !ctx) return;
  const [width, height] = [all.right - all.left + 2 * margin, all.bottom - all.top + 2 * margin];
  const scale = Math.min(2, mostPixels / Math.max(width, height));
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  const palette = readPalette();
  ctx.fillStyle = palette.surface;
  ctx.fillRect(0, 0, canvas.width, canvas.height);
  const camera = { x: (all.left + all.right) / 2, y: (all.top + all.bottom) / 2, zoom: 1 };
  aim(ctx, camera, { size: { width, height }, scale });
  const everywhere = { left: -Infinity, right: Infinity, top: -Infinity, bottom: Infinity };
  paint(ctx, { picture, palette }, { zoom: 1, seen: everywhere });
  canvas.toBlob((blob) => blob && save('map.png', blob));
};
