import { MESSAGING_KINDS } from './link-transport';

/** The ways to reach a meter that a list may name. */
export const FLEET_TRANSPORTS = [...MESSAGING_KINDS, 'modbus-tcp', 'modbus-rtu'] as const;
export type FleetTransport = (typeof FLEET_TRANSPORTS)[number];
