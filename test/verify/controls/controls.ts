import type { Control } from './control.ts';
import { mqttOnAedes } from './mqtt-control.ts';
import { socketIo } from './socket-io-control.ts';

export const CONTROLS: readonly Control[] = [socketIo, mqttOnAedes];
