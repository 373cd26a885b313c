/** Parses one document's tokens and stops at once at what a hostile text is made of. */
import { Composer, CST, type Document, Lexer, Parser } from 'yaml';
import { type Problem, wrong } from '../problem.ts';

/** Collections inside each other; the parser's stack holds one entry for each, and a few of its own. */
export const maxDepth = 64;
const maxStack = maxDepth + 8;

/** Positions are offsets into the text. */
export interface Fault {
  readonly offset: number;
  readonly problem: Problem;
}

const stop = (offset: number, problem: Problem): { readonly fault: Fault } => ({ fault: { offset, problem } });

const broken = (message: string): Problem => wrong('WEFT0001', '', [`broken YAML: ${message}`, 'Correct the syntax; indent with spaces.']);

/** Tags that say what the value is anyway; every other tag would build something else than JSON. */
const plainTag = /^!!(?:str|int|float|bool|null|map|seq)$/;

interface Seen {
  comma: boolean;
  tag: boolean;
  /** The lexer announced a scalar's text: whatever it begins with, it is content. */
  scalar: boolean;
}

/** The composer's cost grows with the square of the number of errors; these are the ones that can come in masses. */
const lexemeFault = (lexeme: string, seen: Seen): Problem | undefined => {
  const first = lexeme[0];
  const content = seen.scalar;
  seen.scalar = lexeme === CST.SCALAR;
  if (content || seen.scalar) {
    seen.comma = false;
    seen.tag = false;
    return undefined;
  }
  if (first === '&' || first === '*') {
    return wrong('WEFT0004', '', [`anchors and aliases are not read (\`${lexeme.slice(0, 40)}\`)`, 'Write the value out at each place.']);
  }
  if (first === '!' && (!plainTag.test(lexeme) || seen.tag)) {
    return wrong('WEFT0004', '', [`tags are not read (\`${lexeme.slice(0, 40)}\`)`, 'Remove the tag.']);
  }
  if (lexeme === ',' && seen.comma) return broken('nothing between two commas');
  const blank = first === ' ' || first === '\n' || first === '\r' || first === '\t' || first === '#';
  if (!blank) {
    seen.comma = lexeme === ',';
    seen.tag = first === '!';
  }
  return undefined;
};

/** @returns the document as the `yaml` library composes it, or why the text was given up, and where. */
export const composeDocument = (text: string): { readonly document: Document.Parsed } | { readonly fault: Fault } => {
  const parser = new Parser();
  const composer = new Composer({ uniqueKeys: false, prettyErrors: false, strict: true, stringKeys: false, merge: false });
  const seen: Seen = { comma: false, tag: false, scalar: false };
  const documents: Document.Parsed[] = [];
  for (const lexeme of new Lexer().lex(text)) {
    const problem = lexemeFault(lexeme, seen);
    if (problem) return stop(parser.offset, problem);
    for (const token of parser.next(lexeme)) {
      if (token.type === 'error') return stop(token.offset, broken(token.message));
      for (const document of composer.next(token)) documents.push(document as Document.Parsed);
    }
    if (parser.stack.length > maxStack)
      return stop(parser.offset, wrong('WEFT0003', '', [`nested deeper than ${maxDepth} levels`, 'Flatten the document.']));
  }
  for (const token of parser.end()) for (const document of composer.next(token)) documents.push(document as Document.Parsed);
  for (const document of composer.end(true, text.length)) documents.push(document as Document.Parsed);
  const [document, second] = documents;
  if (!document) return stop(0, broken('no document'));
  const error = document.errors[0] ?? (second && { pos: [second.range[0]], message: 'more than one document without `---` between them' });
  if (error) return stop(error.pos[0] ?? 0, broken(error.message));
  return { document };
};
