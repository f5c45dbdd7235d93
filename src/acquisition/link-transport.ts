import type { Clock } from '../support/clock';
import type { Logger } from '../support/logger';
import type { Random } from '../support/random';
import { createConnectedTransport } from '../transport/ethernet-ip/connected';
import { createExplicitTransport } from '../transport/ethernet-ip/explicit';
import { createImplicitTransport } from '../transport/ethernet-ip/implicit';
import { connectTcp, type Connect } from '../transport/ethernet-ip/socket';
import { createModbusRtuTransport } from '../transport/modbus/rtu';
import { createModbusRtuTcpTransport } from '../transport/modbus/rtu-tcp';
import { createModbusTcpTransport } from '../transport/modbus/tcp';
import type { MeterIdentity, Transport } from '../transport/transport';
import type { LinkSettings } from './meter-settings';

export { MESSAGING_KINDS, type Messaging, type MessagingKind } from './meter-settings';

export interface LinkTransportDependencies {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly random: Random;
}

/** Connects to where a name leads now, without a further lookup. */
function connectTo(addressOf: () => string): Connect {
  return (_host, port, onBytes) => connectTcp(addressOf(), port, onBytes);
}

/**
 * The transport that a link's settings ask for.
 * @param addressOf where to connect now; default: the host of the settings
 * @throws Pm500Error CONFIG_INVALID for a packet interval that the meter does not bear
 */
export function createLinkTransport(
  settings: LinkSettings,
  given: LinkTransportDependencies,
  addressOf: () => string = () => settings.host,
): Transport<MeterIdentity> {
  const { transport } = settings;
  const dependencies = { ...given, connect: connectTo(addressOf) };
  switch (transport?.kind) {
    case undefined:
    case 'ucmm':
      return createExplicitTransport(settings, dependencies);
    case 'class3':
      return createConnectedTransport(settings, dependencies);
    case 'modbus-tcp':
      return createModbusTcpTransport({ ...settings, ...transport, addressOf }, given);
    case 'modbus-rtu':
      // The port is given back after each cycle, since other units may be on the same line.
      return createModbusRtuTransport({ ...settings, ...transport, path: settings.host, releaseAfterIdleMs: 0 }, given);
    case 'modbus-rtu-tcp':
      return createModbusRtuTcpTransport({ ...settings, ...transport, addressOf, releaseAfterIdleMs: 0 }, given);
    case 'input-only':
    case 'listen-only':
    case 'auto':
      return createImplicitTransport({ ...settings, ...transport, mode: transport.kind }, dependencies);
  }
}
