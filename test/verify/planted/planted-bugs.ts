import type { PlantedBug } from './planted-bug.ts';
import { CLIENT_BUGS } from './planted-client-bugs.ts';
import { SERVER_BUGS } from './planted-server-bugs.ts';

export const PLANTED_BUGS: readonly PlantedBug[] = [...SERVER_BUGS, ...CLIENT_BUGS];
