/** The text itself as a regular expression: RE2 reads any escaped character of ASCII that is neither a letter nor a digit as itself. */
export const literally = (text: string): string => text.replace(/[^A-Za-z0-9\u0080-\u{10ffff}]/gu, (character) => `\\${character}`);
