/** Tables as CSV (RFC 4180). */

/**
 * A cell that a spreadsheet would take for a formula is told as text: names and paths come from strangers (CSV injection, OWASP).
 * Numbers stay numbers.
 */
const cell = (value: string | number | undefined): string => {
  if (typeof value === 'number') return String(value);
  const text = /^[=+\-@\t\r]/.test(value ?? '') ? `'${value}` : (value ?? '');
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};

export const csv = (head: readonly string[], rows: readonly (readonly (string | number | undefined)[])[]): string =>
  [head, ...rows].map((row) => row.map(cell).join(',')).join('\r\n');
