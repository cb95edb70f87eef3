export { flushPromises, ManualClock } from '@tidemark/testkit/application';
