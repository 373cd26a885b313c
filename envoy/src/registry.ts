/** Descriptions of everything Envoy may send or be sent, for JSON of messages with `Any` inside. Loads all types: import it lazily. */
import { createRegistry, type Registry } from '@bufbuild/protobuf';
import { files } from './gen/files.js';

export const registry: Registry = createRegistry(...files);
