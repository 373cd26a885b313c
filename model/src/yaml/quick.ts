/**
 * Reads the YAML that people and programs write every day with js-yaml, several times as fast as the `yaml` library does.
 * Whatever js-yaml refuses, and whatever the two may understand differently (texts over several lines, anchors, tags, rare
 * numbers and escapes), is left to the careful reader, which alone judges: what this one returns is what that one would.
 */
import {
  boolCoreTag,
  COLLECTION_STYLE,
  EVENT_ID,
  type Event,
  floatCoreTag,
  getScalarValue,
  intCoreTag,
  type MappingEvent,
  NOT_RESOLVED,
  nullCoreTag,
  parseEvents,
  SCALAR_STYLE,
  type ScalarEvent,
  type SequenceEvent,
} from 'js-yaml';
import { childPath, forbidden, type Json, type Place, type ReadDocument, yaml11 } from './json.ts';
import { lineFinder } from './lines.ts';

/** What js-yaml found in a text, and how far it is turned into values. */
interface Reading {
  readonly text: string;
  readonly events: readonly Event[];
  next: number;
  /** The offset behind the last scalar or bracket. */
  end: number;
  readonly lineOf: (offset: number) => number;
  readonly lines: Record<string, number>;
}

/** Control characters, tabs, other spaces and ends of lines than ` ` and `\n`, halves of pairs; `?` where it announces a key. */
const unusualText = /[^\n\x20-\x7e\u00a1-\u1fff\u2010-\u2027\u2030-\u2fff\u3001-\ud7ff]|(?:^|[\s,[{-])\?(?:[\s,\]}]|$)/;

/** Well below what the careful reader allows: nobody nests as deep. */
const maxDepth = 40;

/** For what the careful reader must judge. Carries nothing, so that it is made once. */
const unusual = new Error('YAML that the quick reader leaves to the careful one');

const leave = (): never => {
  throw unusual;
};

const tags = [nullCoreTag, boolCoreTag, intCoreTag, floatCoreTag];

/** By their first character, and by none for the empty text. */
const tagsByStart = new Map(
  [...new Set(tags.flatMap((tag) => tag.implicitFirstChars ?? []))].map(
    (start) => [start, tags.filter((tag) => tag.implicitFirstChars?.includes(start))] as const,
  ),
);

/** Other forms (leading zeros, exponents, more digits than a double holds) mean different things in YAML 1.1, 1.2 and JSON. */
const usualNumber = /^-?(?:0|[1-9]\d{0,14})(?:\.\d{1,9})?$/;

/** An exponent: js-yaml takes one beyond every double for a text. */
const anyExponent = /^[-+]?[\d.]+[eE][-+]?\d+$/;

/** What a scalar without quotes means: YAML's core schema, and what Kubernetes reads beyond it. */
const meaning = (source: string): Json => {
  for (const tag of tagsByStart.get(source.charAt(0)) ?? []) {
    const value: Json | typeof NOT_RESOLVED = tag.resolve(source, false, tag.tagName);
    if (value === NOT_RESOLVED) continue;
    return typeof value === 'number' && !usualNumber.test(source) ? leave() : value;
  }
  return anyExponent.test(source) ? leave() : (yaml11.get(source) ?? source);
};

/** @returns the text of a scalar that stands on one line */
const textOf = (reading: Reading, scalar: ScalarEvent): string => {
  const { text } = reading;
  const { style, valueStart, valueEnd } = scalar;
  if (scalar.tagStart >= 0 || scalar.anchorStart >= 0 || style > SCALAR_STYLE.DOUBLE_QUOTED) leave();
  if (!scalar.fast && valueStart >= 0) {
    const source = text.slice(valueStart, valueEnd);
    if (source.includes('\n') || /\\[^"\\/nt]/.test(source)) leave();
  }
  if (valueStart >= 0) reading.end = style === SCALAR_STYLE.PLAIN ? valueEnd : valueEnd + 1;
  return getScalarValue(text, scalar);
};

/** @returns a key that the careful reader would take too: text, not yet there, harmless */
const keyOf = (reading: Reading, event: Event | undefined, map: Readonly<Record<string, Json>>): string => {
  if (event?.type !== EVENT_ID.SCALAR || event.valueEnd - event.valueStart > 200) return leave();
  const key = textOf(reading, event);
  if (key === '' || forbidden.has(key) || Object.hasOwn(map, key)) leave();
  if (event.style !== SCALAR_STYLE.PLAIN) return key;
  return key === '<<' || !['string', 'number'].includes(typeof meaning(key)) ? leave() : key;
};

/** Where a node's text begins. */
const startOf = (event: Event | undefined): number => {
  if (event?.type === EVENT_ID.SCALAR) return event.valueStart < 0 ? leave() : event.valueStart;
  return event?.type === EVENT_ID.MAPPING || event?.type === EVENT_ID.SEQUENCE ? event.start : leave();
};

/** Inside brackets, and between a key or dash and its value, the two libraries place comments differently. */
const passOver = (reading: Reading, to: number): void => {
  if (reading.text.slice(reading.end, to).includes('#')) leave();
};

/** Goes to an entry of a collection. */
const passToEntry = (reading: Reading, { style }: MappingEvent | SequenceEvent, to: number): void => {
  if (style === COLLECTION_STYLE.FLOW) passOver(reading, to);
  // js-yaml takes `- "a" b: c` for an item and, on the same line, a key of the mapping around.
  else if (reading.end > 0 && !reading.text.slice(reading.end, to).includes('\n')) leave();
};

/** Whether a node begins lines of its own, below its key or dash. */
const hasOwnLines = (event: Event | undefined): boolean =>
  (event?.type === EVENT_ID.MAPPING || event?.type === EVENT_ID.SEQUENCE) && event.style === COLLECTION_STYLE.BLOCK;

/** Goes from a key to its value, over no comment. */
const passToValue = (reading: Reading): void => {
  const event = reading.events[reading.next];
  const isAbsent = event?.type === EVENT_ID.SCALAR && event.valueStart < 0;
  if (!isAbsent && !hasOwnLines(event)) passOver(reading, startOf(event));
};

/** Goes to an item of a list, from its dash over no comment. */
const passToItem = (reading: Reading, list: SequenceEvent, to: number): void => {
  passToEntry(reading, list, to);
  if (list.style === COLLECTION_STYLE.FLOW || hasOwnLines(reading.events[reading.next])) return;
  if (!/- *$/.test(reading.text.slice(reading.end, to))) leave();
};

/** Whether a collection has no more entries; if so, goes behind it. */
const isOver = (reading: Reading, event: MappingEvent | SequenceEvent): boolean => {
  if (reading.events[reading.next]?.type !== EVENT_ID.POP) return false;
  reading.next += 1;
  if (event.style === COLLECTION_STYLE.FLOW) {
    const end = reading.text.indexOf(event.type === EVENT_ID.MAPPING ? '}' : ']', reading.end);
    passOver(reading, end);
    reading.end = end + 1;
  }
  return true;
};

const mapOf = (reading: Reading, event: MappingEvent, { path, line }: Place): Json => {
  // `[a: b]`, a mapping without brackets of its own.
  if (event.style === COLLECTION_STYLE.FLOW && reading.text[event.start] !== '{') leave();
  const map: Record<string, Json> = {};
  while (!isOver(reading, event)) {
    const first = reading.events[reading.next++];
    const start = startOf(first);
    passToEntry(reading, event, start);
    const key = keyOf(reading, first, map);
    const at = childPath(path, key);
    const keyLine = reading.lineOf(start);
    if (keyLine !== line) reading.lines[at] = keyLine;
    passToValue(reading);
    map[key] = nodeOf(reading, { path: at, line: keyLine });
  }
  return map;
};

const listOf = (reading: Reading, event: SequenceEvent, { path, line }: Place): Json => {
  const list: Json[] = [];
  while (!isOver(reading, event)) {
    const start = startOf(reading.events[reading.next]);
    passToItem(reading, event, start);
    const at = `${path}[${list.length}]`;
    const itemLine = reading.lineOf(start);
    if (itemLine !== line) reading.lines[at] = itemLine;
    list.push(nodeOf(reading, { path: at, line: itemLine }));
  }
  return list;
};

const nodeOf = (reading: Reading, place: Place): Json => {
  const event = reading.events[reading.next++];
  if (event?.type === EVENT_ID.SCALAR) {
    const text = textOf(reading, event);
    return event.style === SCALAR_STYLE.PLAIN ? meaning(text) : text;
  }
  if (event?.type !== EVENT_ID.MAPPING && event?.type !== EVENT_ID.SEQUENCE) return leave();
  if (event.tagStart >= 0 || event.anchorStart >= 0) leave();
  if (event.style === COLLECTION_STYLE.FLOW) reading.end = event.start + 1;
  return event.type === EVENT_ID.MAPPING ? mapOf(reading, event, place) : listOf(reading, event, place);
};

/** @returns `undefined` for what js-yaml refuses, by whatever error */
const eventsOf = (text: string): readonly Event[] | undefined => {
  try {
    return parseEvents(text, { maxDepth });
  } catch {
    return undefined;
  }
};

/** @returns `undefined` for what the careful reader must read */
export const readQuickly = (text: string, line: number): ReadDocument | undefined => {
  const events = unusualText.test(text) ? undefined : eventsOf(text);
  if (!events) return undefined;
  const reading: Reading = { text, events, next: 1, end: 0, lineOf: lineFinder(text, line), lines: {} };
  try {
    const start = reading.lineOf(startOf(events[1]));
    reading.lines[''] = start;
    const value = nodeOf(reading, { path: '', line: start });
    // Behind the one document's end nothing more may come.
    return reading.next === events.length - 1 ? { value, lines: reading.lines, problems: [] } : undefined;
  } catch (error) {
    if (error === unusual) return undefined;
    throw error;
  }
};
