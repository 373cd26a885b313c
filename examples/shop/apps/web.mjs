/** The shop's front page: asks the catalog and the cart. `/checkout` pays as well. */
import { call, serve } from './serve.mjs';

const { CATALOG = 'http://catalog:8080', CART = 'http://cart:8080', PAYMENTS = 'http://payments:8080' } = process.env;

serve(async ({ path }) => {
  const [catalog, cart, payments] = await Promise.all([
    call(`${CATALOG}/items`),
    call(`${CART}/cart`),
    path === '/checkout' ? call(`${PAYMENTS}/pay`, { method: 'POST' }) : undefined,
  ]);
  return { calls: { catalog, cart, ...(payments && { payments }) } };
});
