/** The cart: asks the inventory, over gRPC, how many of each item are left. */
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { credentials, loadPackageDefinition } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { serve } from './serve.mjs';

const target = process.env.INVENTORY ?? 'inventory.warehouse:9090';
const { shop } = loadPackageDefinition(loadSync(join(dirname(fileURLToPath(import.meta.url)), 'inventory.proto')));
const inventory = new shop.Inventory(target, credentials.createInsecure());

const stock = (item) =>
  new Promise((resolve) => {
    inventory.stock({ item }, { deadline: Date.now() + 5000 }, (error, answer) =>
      resolve(error ? { error: `${target}: ${error.message}` } : answer),
    );
  });

serve(async () => ({ items: ['shuttle'], calls: { inventory: await stock('shuttle') } }));
