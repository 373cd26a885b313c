/**
 * The Go modules that carry the protobuf descriptors, at the versions that go-control-plane/envoy v1.40.0 itself pins
 * (its go.mod), and Istio's and Prometheus' own. `go mod download` checks each against Go's checksum database; `sum` is compared once more here.
 */
export interface Module {
  readonly path: string;
  readonly version: string;
  readonly sum: string;
  readonly license: string;
  /** Folder inside the module to read, where not the whole of it is wanted. */
  readonly folder?: string;
  /** Folder that its files' names are put under, where they have none of their own. */
  readonly under?: string;
}

const genproto = 'v0.0.0-20260720211330-0afa2a65878a';

export const modules: readonly Module[] = [
  {
    path: 'github.com/envoyproxy/go-control-plane/envoy',
    version: 'v1.40.0',
    sum: 'h1:G4dcl8KE/HVPnZ25BBdvGZWi8JjyeBfQSvm95U5P1Qc=',
    license: 'Apache-2.0',
  },
  {
    path: 'github.com/cncf/xds/go',
    version: 'v0.0.0-20260202195803-dba9d589def2',
    sum: 'h1:aBangftG7EVZoUb69Os8IaYg++6uMOdKK83QtkkvJik=',
    license: 'Apache-2.0',
  },
  {
    path: 'github.com/prometheus/client_model',
    version: 'v0.6.3',
    sum: 'h1:O0jaTVAYNxTHYInEPFJt5I3+sN8zqBtVMPTB1qyxiEo=',
    license: 'Apache-2.0',
  },
  {
    path: 'go.opentelemetry.io/proto/otlp',
    version: 'v1.11.0',
    sum: 'h1:5rrYs0Ykyj50sdU/JU0x8etU+LubXWb+gED6TbEdMIk=',
    license: 'Apache-2.0',
  },
  {
    path: 'google.golang.org/genproto/googleapis/api',
    version: genproto,
    sum: 'h1:97PfJ4tCxY5C7NzzgGqQEMZmXbISdvSArNNEOoUGKBg=',
    license: 'Apache-2.0',
  },
  {
    path: 'google.golang.org/genproto/googleapis/rpc',
    version: genproto,
    sum: 'h1:qI/YMH1ep2qQtqcp00gMQyoU7mjvbhg88GJKCvfoLj0=',
    license: 'Apache-2.0',
  },
  { path: 'cel.dev/expr', version: 'v0.25.2', sum: 'h1:K6j46C81hXtZQfuX60cVWQFBJahKSE2gfRbNuvr5bFs=', license: 'Apache-2.0' },
  {
    path: 'istio.io/api',
    version: 'v1.31.1',
    sum: 'h1:5Yb5ihcz4YQsCkciusK7DnFpBMwRB6EFWeUKH1Atuyk=',
    license: 'Apache-2.0',
    folder: 'security/v1alpha1',
  },
  {
    path: 'github.com/prometheus/prometheus',
    version: 'v0.316.0',
    sum: 'h1:f1GRFerhTMKQma+awCoC9T820ecWeGSdF+xAlMHzZzM=',
    license: 'Apache-2.0',
    folder: 'prompb',
    under: 'prometheus',
  },
];
