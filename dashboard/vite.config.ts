import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** With hot reload, beside a mesh that runs: `npx vite dashboard`; a session of the mesh's own console is good here, too. */
const api = process.env.WEFT_API ?? 'http://127.0.0.1:15080';

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react()],
  server: { port: 15081, proxy: { '/api': { target: api, changeOrigin: true, headers: { origin: api } } } },
  build: {
    outDir: '../dist/console',
    emptyOutDir: true,
    target: 'es2022',
    // The console's policy allows no script or font inside of a page.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    sourcemap: false,
  },
});
