import type { Clock } from '../support/clock';
import type { Logger } from '../support/logger';
import type { Random } from '../support/random';
import { createConnectedTransport } from '../transport/ethernet-ip/explicit/connected';
import { createExplicitTransport } from '../transport/ethernet-ip/explicit/explicit';
import { createImplicitTransport } from '../transport/ethernet-ip/implicit/implicit';
import { connectTcp, type Connect } from '../transport/ethernet-ip/session/socket';
import { createModbusRtuTransport } from '../transport/modbus/rtu';
import { createModbusRtuTcpTransport } from '../transport/modbus/rtu-tcp';
import { createModbusTcpTransport } from '../transport/modbus/tcp';
import type { MeterIdentity, Transport } from '../transport/transport';
import type { LinkSettings } from './meter-settings';

export interface LinkTransportDependencies {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly random: Random;
}

/** How to reach a meter by the next attempt. */
export interface Route {
  /** Where to connect: the address of a host that is set by its name. */
  readonly address: () => string;
  /** How long that may take. */
  readonly connectTimeoutMs: () => number;
}

/** Connects to where a name leads now, without a further lookup. */
function connectTo({ address }: Route): Connect {
  return (_host, port, onBytes) => connectTcp(address(), port, onBytes);
}

/**
 * The transport that a link's settings ask for.
 * @param route default: the host and the time of the settings
 * @throws Pm500Error CONFIG_INVALID for a packet interval that the meter does not bear
 */
export function createLinkTransport(
  settings: LinkSettings,
  given: LinkTransportDependencies,
  route: Route = { address: () => settings.host, connectTimeoutMs: () => settings.connectTimeoutMs },
): Transport<MeterIdentity> {
  const { model, transport } = settings;
  const dependencies = { ...given, connect: connectTo(route) };
  const timed = { ...settings, connectTimeoutNowMs: route.connectTimeoutMs };
  const routed = { ...timed, addressOf: route.address };
  switch (transport?.kind) {
    case undefined:
    case 'ucmm':
      return createExplicitTransport(timed, dependencies);
    case 'class3':
      return createConnectedTransport(timed, dependencies);
    case 'modbus-tcp':
      return createModbusTcpTransport(model, { ...routed, ...transport }, given);
    case 'modbus-rtu':
      // The port is given back after each cycle, since other units may be on the same line.
      return createModbusRtuTransport(
        model,
        { ...settings, ...transport, path: settings.host, releaseAfterIdleMs: 0 },
        given,
      );
    case 'modbus-rtu-tcp':
      return createModbusRtuTcpTransport(model, { ...routed, ...transport, releaseAfterIdleMs: 0 }, given);
    case 'input-only':
    case 'listen-only':
    case 'auto':
      return createImplicitTransport(model, { ...timed, ...transport, mode: transport.kind }, dependencies);
  }
}
