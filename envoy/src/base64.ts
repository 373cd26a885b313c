import { base64Encode, getTextEncoding } from '@bufbuild/protobuf/wire';

/** A text's bytes in base64. */
export const textInBase64 = (text: string): string => base64Encode(getTextEncoding().encodeUtf8(text));
