import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

/** readFileSync(new URL('./name.lua', import.meta.url), 'utf8'), however the formatter broke its lines. */
const READ_OF_SCRIPT =
  /readFileSync\(\s*new URL\(\s*(['"])(\.\.?\/[^'"]+\.lua)\1,\s*import\.meta\.url,?\s*\),\s*(['"])utf-?8\3,?\s*\)/g;

/** A use of a script's file that runs: comments may name one freely. */
const OTHER_USE_OF_SCRIPT = /^(?!\s*(?:\/\/|\/?\*)).*\.lua['"`].*$/m;

/**
 * Puts the text of a Lua script where the source reads it from its file. Sources run unbuilt read the file beside
 * them; the published package holds the text, so that an application which bundles its server loses nothing.
 */
export function inlineLua() {
  return {
    name: 'inline-lua',
    transform: {
      filter: { id: /\.ts$/, code: /\.lua/ },
      handler(code, id) {
        const inlined = code.replace(READ_OF_SCRIPT, (read, _quote, path) => {
          const text = JSON.stringify(readFileSync(new URL(path, pathToFileURL(id)), 'utf8'));
          // As many lines as before, so that the source map holds as it is.
          return text + '\n'.repeat(read.split('\n').length - 1);
        });
        const left = OTHER_USE_OF_SCRIPT.exec(inlined);
        if (left) {
          this.error(
            `${id}: "${left[0].trim()}" can't be inlined; ` +
              "write readFileSync(new URL('./name.lua', import.meta.url), 'utf8') with the path as a literal",
          );
        }
        return { code: inlined, map: null };
      },
    },
  };
}
