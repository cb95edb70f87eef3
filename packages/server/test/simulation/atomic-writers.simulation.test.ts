import { test } from 'vitest';
import { simulate } from './schedule.ts';

test('whatever happens to writers over atomic storage, a command has one event, one receipt and one place in each inbox', () =>
  simulate('atomic'));
