export type { Configuration, ProcessObserver, Run } from './verify/configuration.ts';
export { runDevice } from './verify/device.ts';
export type { DeviceAdapter } from './verify/device-adapter.ts';
export { type NodeProcess, type NodeProcessOptions, nodeProcess } from './verify/node-process.ts';
export { answerCalls, passFailpoint, tellReady } from './verify/node-program.ts';
export { type RunOptions, type RunOutcome, run } from './verify/run.ts';
export { recordServer, type ServerRecorder } from './verify/server-recorder.ts';
export type {
  Deployment,
  DeviceProcess,
  FailingProcess,
  Heal,
  Impairment,
  NetworkPath,
  ServerProcess,
  Specials,
  System,
  SystemProcess,
} from './verify/system.ts';
