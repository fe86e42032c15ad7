import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { defineConfig, type Plugin } from 'vite';

const OUT = 'dist';

/** Empties the folder but for its committed `.gitignore`, and puts compressed copies beside what was built. */
function embeddable(): Plugin {
  return {
    name: 'embeddable',
    apply: 'build',
    async buildStart() {
      for (const name of await readdir(OUT)) {
        if (name !== '.gitignore') await rm(path.join(OUT, name), { recursive: true });
      }
    },
    async closeBundle() {
      const sum = { files: 0, raw: 0, gzip: 0, brotli: 0 };
      const names = (await readdir(OUT, { recursive: true }))
        .filter((name) => /\.(js|css|html|svg)$/.test(name))
        .sort();
      for (const name of names) {
        const bytes = await readFile(path.join(OUT, name));
        const gzip = gzipSync(bytes, { level: 9 });
        const brotli = brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } });
        await writeFile(path.join(OUT, `${name}.gz`), gzip);
        await writeFile(path.join(OUT, `${name}.br`), brotli);
        sum.files += 1;
        sum.raw += bytes.length;
        sum.gzip += gzip.length;
        sum.brotli += brotli.length;
      }
      const kb = (bytes: number) => `${Math.round(bytes / 1000)} kB`;
      console.log(`dashboard: ${sum.files} files, ${kb(sum.raw)}; gzip ${kb(sum.gzip)}, brotli ${kb(sum.brotli)}`);
    },
  };
}

export default defineConfig({
  plugins: [embeddable()],
  build: {
    outDir: OUT,
    emptyOutDir: false,
    target: 'es2022',
    // Everything is a file of its own: the page's policy lets nothing inline in.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    chunkSizeWarningLimit: 900,
  },
  server: { proxy: { '/v1': 'http://127.0.0.1:8480' } },
});
