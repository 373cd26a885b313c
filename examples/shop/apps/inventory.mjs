/** The warehouse's inventory: a gRPC server. */
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadPackageDefinition, Server, ServerCredentials } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { callerIn, self } from './serve.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const { shop, grpc } = loadPackageDefinition(loadSync([join(here, 'inventory.proto'), join(here, 'health.proto')]));
const port = Number(process.env.PORT ?? 9090);

const server = new Server();
server.addService(shop.Inventory.service, {
  Stock: (call, answer) => {
    const caller = callerIn(String(call.metadata.get('x-forwarded-client-cert')[0] ?? ''));
    answer(null, { ...self(), caller: caller ?? '', item: call.request.item, left: 7 });
  },
});
server.addService(grpc.health.v1.Health.service, { Check: (_call, answer) => answer(null, { status: 'SERVING' }) });
server.bindAsync(`0.0.0.0:${port}`, ServerCredentials.createInsecure(), (error) => {
  if (error) throw error;
  console.log(`inventory listens on ${port}`);
});
process.on('SIGTERM', () => {
  server.tryShutdown(() => process.exit(0));
  setTimeout(() => process.exit(0), 3000).unref();
});
