/** The text itself as a regular expression: RE2 reads any escaped character that is neither a letter nor a digit as itself. */
export const literally = (text: string): string => text.replace(/[^A-Za-z0-9]/gu, (character) => `\\${character}`);
