export { type QuotedMessage, type Quotes, quotesOf } from './views/quotes.ts';
