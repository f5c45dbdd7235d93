import type { Clock } from '../support/clock';
import type { Logger } from '../support/logger';
import type { Random } from '../support/random';
import { createConnectedTransport } from '../transport/ethernet-ip/connected';
import { createExplicitTransport } from '../transport/ethernet-ip/explicit';
import { createImplicitTransport } from '../transport/ethernet-ip/implicit';
import { createModbusRtuTransport } from '../transport/modbus/rtu';
import { createModbusTcpTransport } from '../transport/modbus/tcp';
import type { MeterIdentity, Transport } from '../transport/transport';
import type { LinkSettings } from './meter-settings';

export { MESSAGING_KINDS, type Messaging, type MessagingKind } from './meter-settings';

export interface LinkTransportDependencies {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly random: Random;
}

/**
 * The transport that a link's settings ask for.
 * @throws Pm500Error CONFIG_INVALID for a packet interval that the meter does not bear
 */
export function createLinkTransport(
  settings: LinkSettings,
  dependencies: LinkTransportDependencies,
): Transport<MeterIdentity> {
  const { transport } = settings;
  switch (transport?.kind) {
    case undefined:
    case 'ucmm':
      return createExplicitTransport(settings, dependencies);
    case 'class3':
      return createConnectedTransport(settings, dependencies);
    case 'modbus-tcp':
      return createModbusTcpTransport({ ...settings, ...transport }, dependencies);
    case 'modbus-rtu':
      // The port is given back after each cycle, since other units may be on the same line.
      return createModbusRtuTransport(
        { ...settings, ...transport, path: settings.host, releaseAfterIdleMs: 0 },
        dependencies,
      );
    case 'input-only':
    case 'listen-only':
    case 'auto':
      return createImplicitTransport({ ...settings, ...transport, mode: transport.kind }, dependencies);
  }
}
