/** A protobuf-es service as the method table that gRPC libraries for Node take (`@grpc/grpc-js`: `ServiceDefinition`). */
import {
  create,
  type DescMessage,
  type DescMethod,
  type DescService,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from '@bufbuild/protobuf';

/** `Buffer.from` in Node, passed in because a library has no platform. */
export type ToBuffer<Bytes extends Uint8Array> = (bytes: Uint8Array<ArrayBuffer>) => Bytes;

interface Method<Request extends DescMessage, Response extends DescMessage, Bytes extends Uint8Array> {
  readonly path: string;
  readonly originalName: string;
  readonly requestStream: boolean;
  readonly responseStream: boolean;
  readonly requestSerialize: (message: MessageInitShape<Request>) => Bytes;
  readonly requestDeserialize: (bytes: Bytes) => MessageShape<Request>;
  /** Bytes that are encoded already pass as they are: one response can be encoded once for many streams. */
  readonly responseSerialize: (message: MessageInitShape<Response> | Bytes) => Bytes;
  readonly responseDeserialize: (bytes: Bytes) => MessageShape<Response>;
}

export type MethodTable<Service extends DescService, Bytes extends Uint8Array> = {
  readonly [Name in keyof Service['method']]: Service['method'][Name] extends DescMethod
    ? Method<Service['method'][Name]['input'], Service['method'][Name]['output'], Bytes>
    : never;
};

export const methodTable = <Service extends DescService, Bytes extends Uint8Array>(
  service: Service,
  toBuffer: ToBuffer<Bytes>,
): MethodTable<Service, Bytes> => {
  const serialize = (schema: DescMessage) => (message: MessageInitShape<DescMessage>) =>
    toBuffer(toBinary(schema, '$typeName' in message ? (message as MessageShape<DescMessage>) : create(schema, message)));
  const methods = service.methods.map((method): [string, Method<DescMessage, DescMessage, Bytes>] => {
    const serializeResponse = serialize(method.output);
    return [
      method.localName,
      {
        path: `/${service.typeName}/${method.name}`,
        originalName: method.localName,
        requestStream: method.methodKind === 'client_streaming' || method.methodKind === 'bidi_streaming',
        responseStream: method.methodKind === 'server_streaming' || method.methodKind === 'bidi_streaming',
        requestSerialize: serialize(method.input),
        requestDeserialize: (bytes) => fromBinary(method.input, bytes),
        responseSerialize: (message) => (message instanceof Uint8Array ? (message as Bytes) : serializeResponse(message)),
        responseDeserialize: (bytes) => fromBinary(method.output, bytes),
      },
    ];
  });
  return Object.fromEntries(methods) as MethodTable<Service, Bytes>;
};
