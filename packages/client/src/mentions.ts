export { nextMention } from './views/next-mention.ts';
