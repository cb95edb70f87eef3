export { flushPromises, ManualClock } from './application/manual-clock.ts';
export type { TestDevice, TestDeviceOptions } from './application/test-device.ts';
export {
  type TestApplication,
  type TestServer,
  type TestServerOptions,
  testServer,
} from './application/test-server.ts';
export { until } from './application/until.ts';
