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

/**
 * Every way to reach a meter: `modbus-tcp` is never for one beside a PLC, `modbus-rtu` and `modbus-rtu-tcp` are for units
 * with the serial option, on a port of this computer or of a transparent serial server.
 */
export const TRANSPORT_KINDS = [...MESSAGING_KINDS, 'modbus-tcp', 'modbus-rtu', 'modbus-rtu-tcp'] as const;
export type TransportKind = (typeof TRANSPORT_KINDS)[number];
