/**
 * `node --import ./test/support/use-trpc.mjs …` with TRPC_FIXTURE=trpc-previous: every import of @trpc/* in this process,
 * the library's own too, is that of test/fixtures/<TRPC_FIXTURE>. So a whole node runs on another version of the peer range.
 */
import { register } from 'node:module';

const fixture = new URL(`../fixtures/${process.env.TRPC_FIXTURE}/package.json`, import.meta.url).href;

/** @param {string} parentURL */
function hooks(parentURL) {
  return `export function resolve(specifier, context, next) {
    return next(specifier, specifier.startsWith('@trpc/') ? { ...context, parentURL: ${JSON.stringify(parentURL)} } : context);
  }`;
}

register(`data:text/javascript,${encodeURIComponent(hooks(fixture))}`);
