/**
 * Reads protobuf descriptors out of generated Go text: protoc-gen-go writes each file's FileDescriptorProto,
 * byte for byte, as `file_..._rawDesc = "" + "..." + ...`, and before its v1.36 as `= []byte{0x0a, ...}`;
 * gogo's generator compresses it: `fileDescriptor_... = []byte{0x1f, 0x8b, ...}`.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { fromBinary } from '@bufbuild/protobuf';
import { type FileDescriptorProto, FileDescriptorProtoSchema } from '@bufbuild/protobuf/wkt';

const asString = /_rawDesc = ((?:"(?:[^"\\\n]|\\.)*"(?:\s*\+\s*)?)+)/g;
const asBytes = /_rawDesc = \[\]byte\{([^}]*)\}/g;
const asGzip = /fileDescriptor_\w+ = \[\]byte\{([^}]*)\}/g;
const escapeSequence = /\\(?:x([0-9a-f]{2})|u([0-9a-f]{4})|U([0-9a-f]{8})|([0-7]{3})|(.))/gi;
const letters: Readonly<Record<string, number>> = { a: 7, b: 8, f: 12, n: 10, r: 13, t: 9, v: 11, '\\': 92, '"': 34, "'": 39 };

/** Bytes of one Go string literal (Go specification, "String literals"). */
const unquote = (literal: string): Uint8Array => {
  const parts: Buffer[] = [];
  let end = 0;
  for (const match of literal.matchAll(escapeSequence)) {
    const [whole, hex, u4, u8, octal, letter] = match;
    parts.push(Buffer.from(literal.slice(end, match.index), 'utf8'));
    const rune = u4 ?? u8;
    if (rune !== undefined) parts.push(Buffer.from(String.fromCodePoint(Number.parseInt(rune, 16)), 'utf8'));
    else if (hex !== undefined) parts.push(Buffer.from([Number.parseInt(hex, 16)]));
    else if (octal !== undefined) parts.push(Buffer.from([Number.parseInt(octal, 8)]));
    else parts.push(Buffer.from([letters[letter ?? ''] ?? 0]));
    end = match.index + whole.length;
  }
  parts.push(Buffer.from(literal.slice(end), 'utf8'));
  return Buffer.concat(parts);
};

const ofString = (expression: string): Uint8Array =>
  Buffer.concat([...expression.matchAll(/"((?:[^"\\\n]|\\.)*)"/g)].map(([, literal = '']) => unquote(literal)));

const ofBytes = (list: string): Uint8Array =>
  Buffer.from([...list.matchAll(/0x([0-9a-f]{2})/g)].map(([, hex = '']) => Number.parseInt(hex, 16)));

const descriptorsIn = (text: string): FileDescriptorProto[] =>
  [
    ...[...text.matchAll(asString)].map(([, expression = '']) => ofString(expression)),
    ...[...text.matchAll(asBytes)].map(([, list = '']) => ofBytes(list)),
    ...[...text.matchAll(asGzip)].map(([, list = '']) => gunzipSync(ofBytes(list))),
  ].map((bytes) => fromBinary(FileDescriptorProtoSchema, bytes));

/** All descriptors of the Go files under a folder. */
export const readDescriptors = (folder: string): FileDescriptorProto[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.pb.go'))
    .flatMap((file) => descriptorsIn(readFileSync(join(folder, file), 'utf8')));
