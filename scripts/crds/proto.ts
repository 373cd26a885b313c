/** Reads as much of the protobuf language as `generated.proto` of Kubernetes and Istio's `.proto` files use. */

export interface Field {
  readonly name: string;
  /** As written: `string`, `Container`, `.k8s.io.api.core.v1.Container`. */
  readonly type: string;
  readonly repeated: boolean;
  /** Value type of a `map<string, …>`. */
  readonly map: boolean;
}

export interface Message {
  /** Fully qualified: `k8s.io.api.core.v1.Container`. */
  readonly name: string;
  readonly fields: readonly Field[];
  /** Names of which at most one may be set. */
  readonly oneofs: readonly (readonly string[])[];
}

export interface Protos {
  readonly messages: Map<string, Message>;
  readonly enums: Map<string, readonly string[]>;
}

const tokensOf = (text: string): string[] =>
  text.replace(/\/\/.*|\/\*[\s\S]*?\*\//g, ' ').match(/"(?:[^"\\]|\\.)*"|'[^']*'|[\w.]+|[^\s\w]/g) ?? [];

class Cursor {
  #at = 0;
  readonly #tokens: readonly string[];
  constructor(tokens: readonly string[]) {
    this.#tokens = tokens;
  }
  get token(): string | undefined {
    return this.#tokens[this.#at];
  }
  next(): string {
    return this.#tokens[this.#at++] ?? '';
  }
  /** Skips a statement: to its `;`, or over its block. */
  skip(): void {
    for (let depth = 0; this.#at < this.#tokens.length; ) {
      const token = this.next();
      if (token === '{') depth += 1;
      if (token === '}' && --depth === 0) return;
      if (token === ';' && depth === 0) return;
    }
  }
}

const readEnum = (cursor: Cursor): readonly string[] => {
  const values: string[] = [];
  cursor.next();
  while (cursor.token !== '}') {
    if (cursor.token === 'option' || cursor.token === 'reserved') cursor.skip();
    else {
      values.push(cursor.next());
      cursor.skip();
    }
  }
  cursor.next();
  return values;
};

const readField = (cursor: Cursor): Field => {
  let repeated = false;
  if (cursor.token === 'repeated' || cursor.token === 'optional' || cursor.token === 'required') repeated = cursor.next() === 'repeated';
  let type = cursor.next();
  if (type === '.') type = cursor.next();
  let map = false;
  if (type === 'map') {
    map = true;
    while (cursor.next() !== ',');
    type = cursor.next();
    if (type === '.') type = cursor.next();
    cursor.next();
  }
  const name = cursor.next();
  cursor.skip();
  return { name, type: type.replace(/^\./, ''), repeated, map };
};

const readMessage = (cursor: Cursor, name: string, into: Protos): void => {
  const fields: Field[] = [];
  const oneofs: string[][] = [];
  cursor.next();
  while (cursor.token !== '}') {
    const word = cursor.token;
    if (word === 'message' || word === 'enum') {
      cursor.next();
      const inner = `${name}.${cursor.next()}`;
      if (word === 'message') readMessage(cursor, inner, into);
      else into.enums.set(inner, readEnum(cursor));
    } else if (word === 'oneof') {
      cursor.next();
      cursor.next();
      cursor.next();
      const choice: Field[] = [];
      while (cursor.token !== '}') {
        if (cursor.token === 'option') cursor.skip();
        else choice.push(readField(cursor));
      }
      cursor.next();
      fields.push(...choice);
      oneofs.push(choice.map((field) => field.name));
    } else if (word === 'option' || word === 'reserved' || word === 'extensions' || word === ';') cursor.skip();
    else fields.push(readField(cursor));
  }
  cursor.next();
  into.messages.set(name, { name, fields, oneofs });
};

/** Adds a file's messages and enums. */
export const readProto = (text: string, into: Protos): void => {
  const cursor = new Cursor(tokensOf(text));
  let prefix = '';
  while (cursor.token !== undefined) {
    const word = cursor.token;
    if (word === 'package') {
      cursor.next();
      prefix = `${cursor.next()}.`;
      cursor.skip();
    } else if (word === 'message' || word === 'enum') {
      cursor.next();
      const name = prefix + cursor.next();
      if (word === 'message') readMessage(cursor, name, into);
      else into.enums.set(name, readEnum(cursor));
    } else cursor.skip();
  }
};

/** Scopes are searched from the inside out, as protobuf does; `undefined` for scalars and unknown names. */
export const resolve = (name: string, scope: string, protos: Protos): string | undefined => {
  for (let at = scope; ; at = at.slice(0, Math.max(0, at.lastIndexOf('.')))) {
    const full = at === '' ? name : `${at}.${name}`;
    if (protos.messages.has(full) || protos.enums.has(full)) return full;
    if (at === '') return undefined;
  }
};
