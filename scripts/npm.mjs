/**
 * Program and arguments that run npm, for `spawn(...npm('run', 'build'))`: the npm that runs this script, by Node, which is the same on
 * every system. On Windows `npm` is a .cmd file, which spawn refuses to run without a shell.
 */
export function npm(...args) {
  const path = process.env.npm_execpath;
  if (path === undefined) throw new Error('run this by npm, e.g. npm run check');
  return [process.execPath, [path, ...args]];
}
