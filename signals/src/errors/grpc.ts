/** gRPC's statuses (https://grpc.github.io/grpc/core/md_doc_statuscodes.html). */

const statuses = [
  ['OK', 'no error'],
  ['CANCELLED', 'the caller cancelled it'],
  ['UNKNOWN', 'the server failed and did not say how'],
  ['INVALID_ARGUMENT', 'the caller sent what nobody could take'],
  ['DEADLINE_EXCEEDED', 'it took longer than the caller allowed'],
  ['NOT_FOUND', 'there is no such thing'],
  ['ALREADY_EXISTS', 'there is such a thing already'],
  ['PERMISSION_DENIED', 'the caller may not do this'],
  ['RESOURCE_EXHAUSTED', 'a limit or quota was reached'],
  ['FAILED_PRECONDITION', 'things are not as this call needs them'],
  ['ABORTED', 'somebody else did something in the same moment'],
  ['OUT_OF_RANGE', 'beyond what there is'],
  ['UNIMPLEMENTED', 'the server does not know this method'],
  ['INTERNAL', 'the server is broken'],
  ['UNAVAILABLE', 'the server cannot be reached, or is busy: another try may succeed'],
  ['DATA_LOSS', 'data is lost or corrupted'],
  ['UNAUTHENTICATED', 'the caller did not prove who it is'],
] as const;

export interface GrpcStatus {
  readonly code: number;
  readonly name: string;
  readonly words: string;
}

/** @param code as labels and logs have it: a number */
export const grpcStatus = (code: string): GrpcStatus | undefined => {
  const known = /^\d{1,2}$/.test(code) ? statuses[Number(code)] : undefined;
  return known && { code: Number(code), name: known[0], words: known[1] };
};
