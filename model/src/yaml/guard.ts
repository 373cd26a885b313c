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

/** What the lexer gave last, blanks left out. `announced`: a scalar's text follows, whatever it begins with. */
type Last = 'announced' | 'scalar' | 'comma' | 'tag' | 'other';

const lastOf = (lexeme: string, before: Last): Last => {
  // A block scalar's text ends with its line, and so does what may not stand beside it.
  if (before === 'announced') return lexeme.endsWith('\n') ? 'other' : 'scalar';
  switch (lexeme[0]) {
    case ' ':
    case '\t':
    case '#':
      return before;
    case '\n':
    case '\r':
      return before === 'scalar' ? 'other' : before;
    case CST.SCALAR:
      return 'announced';
    case '"':
    case "'":
      return 'scalar';
    case '!':
      return 'tag';
    case ',':
      return 'comma';
    default:
      return 'other';
  }
};

/** The composer's cost grows fast with the number of errors; these are the ones that can come in masses. */
const faultOf = (lexeme: string, before: Last): Problem | undefined => {
  if (before === 'announced') return undefined;
  const [first] = lexeme;
  if (first === '&' || first === '*') {
    return wrong('WEFT0004', '', [`anchors and aliases are not read (\`${lexeme.slice(0, 40)}\`)`, 'Write the value out at each place.']);
  }
  if (first === '!' && (!plainTag.test(lexeme) || before === 'tag')) {
    return wrong('WEFT0004', '', [`tags are not read (\`${lexeme.slice(0, 40)}\`)`, 'Remove the tag.']);
  }
  if (lexeme === ',' && before === 'comma') return broken('nothing between two commas');
  if (before === 'scalar' && (first === '"' || first === "'" || lexeme === CST.SCALAR))
    return broken('two values without anything between them');
  return undefined;
};

/** @returns the document as the `yaml` library composes it, or why the text was given up, and where. */
export const composeDocument = (text: string): { readonly document: Document.Parsed } | { readonly fault: Fault } => {
  const parser = new Parser();
  const composer = new Composer({ uniqueKeys: false, prettyErrors: false, strict: true, stringKeys: false, merge: false });
  let last: Last = 'other';
  const documents: Document.Parsed[] = [];
  for (const lexeme of new Lexer().lex(text)) {
    const problem = faultOf(lexeme, last);
    if (problem) return stop(parser.offset, problem);
    last = lastOf(lexeme, last);
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
