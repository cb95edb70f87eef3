export type { HistoryRecord } from './checker/history.ts';
export { type HistoryFile, openHistoryFile, readHistory } from './checker/history-file.ts';
export { type JudgeOptions, judge, type Verdict } from './checker/judge.ts';
export { timelinePage } from './checker/timeline-page.ts';
export type { InvariantName, Subject, Violation } from './checker/violation.ts';
export type { Fault } from './faults/fault.ts';
export { FAULTS, faultsNamed } from './faults/fault-catalogue.ts';
export { type FrameProxy, type FrameProxyOptions, startFrameProxy } from './faults/frame-proxy.ts';
export type { PlannedFault } from './faults/plan-faults.ts';
export { type ProxiedPath, type ProxyTarget, startTcpProxy, type TcpProxyOptions } from './faults/tcp-proxy.ts';
export type { Configuration, ProcessObserver, Run } from './verify/configuration.ts';
export { runDevice } from './verify/device.ts';
export type { DeviceAdapter } from './verify/device-adapter.ts';
export { type NodeProcess, type NodeProcessOptions, nodeProcess } from './verify/node-process.ts';
export { answerCalls, passFailpoint, tellReady } from './verify/node-program.ts';
export { DEVICE_FAILPOINTS } from './verify/recording-store.ts';
export type { RunOptions } from './verify/run.ts';
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
export { type VerifyOptions, type VerifyResult, verify } from './verify/verify.ts';
