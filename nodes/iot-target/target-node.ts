import type { BrokerLimits } from '../../src/iot/profiles';
import type { Sequences } from '../../src/iot/sequence';
import type { IdentityNotice } from './keep-identity';
import { isSinkNode, type SinkNode } from '../shared/sinks';

/** What `iot-target` offers to `iot-out`. */
export interface IotTargetNode extends SinkNode {
  /** For topics. @throws Pm500Error where it stands in an identity that could never be read */
  readonly clientIdNow: () => string;
  readonly limits: BrokerLimits;
  /** Shared, so that two nodes never give two records one number. */
  readonly sequences: Sequences;
  /** Of the identity that the target renews by itself; absent where it does not. */
  readonly identity?: IdentityNotice;
}

export function isIotTargetNode(candidate: unknown): candidate is IotTargetNode {
  return isSinkNode(candidate, 'iot-target') && 'sequences' in candidate;
}
