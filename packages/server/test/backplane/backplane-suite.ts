import { describeClaims } from './claims-suite.ts';
import type { Deploy } from './deployment.ts';
import { describeIngress } from './ingress-suite.ts';
import { describeRefusals } from './refusals-suite.ts';
import { describeSwitchboard } from './switchboard-suite.ts';

/** What every backplane must do. */
export function describeBackplane(name: string, deploy: Deploy): void {
  describeClaims(name, deploy);
  describeIngress(name, deploy);
  describeRefusals(name, deploy);
  describeSwitchboard(name, deploy);
}
