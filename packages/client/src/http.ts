export { type HttpFallback, type HttpFallbackOptions, httpFallback } from './connection/http-transport.ts';
