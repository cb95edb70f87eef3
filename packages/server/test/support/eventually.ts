export { endsWithin, eventually, never, PATIENCE_MS } from '../../../../test/support/patience.ts';
