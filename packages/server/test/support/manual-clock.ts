export { ManualClock, settled } from '@tidemark/testkit/application';
