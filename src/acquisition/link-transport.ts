import type { Clock } from '../support/clock';
import type { Logger } from '../support/logger';
import type { Random } from '../support/random';
import { createConnectedTransport } from '../transport/ethernet-ip/connected';
import { createExplicitTransport } from '../transport/ethernet-ip/explicit';
import { createImplicitTransport } from '../transport/ethernet-ip/implicit';
import type { Transport } from '../transport/transport';
import type { LinkSettings } from './meter-link';

/**
 * The ways to reach a meter over EtherNet/IP:
 * - `ucmm`: explicit messages without a connection; loads the meter only when something is read
 * - `class3`: explicit messages over a connection
 * - `input-only`: the meter sends by itself, over connections of our own
 * - `listen-only`: takes part in what a PLC has the meter send; works only beside the PLC
 * - `auto`: listen-only beside a PLC, else input-only where that is allowed
 */
export const MESSAGING_KINDS = ['ucmm', 'class3', 'input-only', 'listen-only', 'auto'] as const;
export type MessagingKind = (typeof MESSAGING_KINDS)[number];

export interface Messaging {
  readonly kind: MessagingKind;
  /** Implicit kinds: how often the meter sends each assembly. */
  readonly rpiMs: number;
  /** `auto`: lets it open connections of its own. */
  readonly allowInputOnly: boolean;
}

export interface LinkTransportDependencies {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly random: Random;
}

/**
 * The transport that a link's settings ask for.
 * @throws Pm500Error CONFIG_INVALID for a packet interval that the meter does not bear
 */
export function createLinkTransport(settings: LinkSettings, dependencies: LinkTransportDependencies): Transport {
  const { messaging } = settings;
  if (messaging === undefined || messaging.kind === 'ucmm') return createExplicitTransport(settings, dependencies);
  if (messaging.kind === 'class3') return createConnectedTransport(settings, dependencies);
  const { kind, rpiMs, allowInputOnly } = messaging;
  return createImplicitTransport({ ...settings, mode: kind, rpiMs, allowInputOnly }, dependencies);
}
