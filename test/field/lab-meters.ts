import type { TransportKind } from '../../src/acquisition/transport-kinds';
import type { DeliveryChoiceName } from '../../src/transport/ethernet-ip/implicit/delivery-choice';

export const RPI_MS = 250;
export const SERIAL_SERVER_PORT = 4001;

/** One meter of the lab and the way to read it. */
export interface LabMeter {
  readonly name: string;
  readonly address: string;
  readonly transport: TransportKind;
  /** How its data comes, where it sends by itself. */
  readonly delivery?: DeliveryChoiceName;
  /** How the PLC beside it has the data sent; absent for none. */
  readonly plc?: 'multicast' | 'point-to-point';
}

/** One meter for each way to read one; each has an address of its own. */
export const LAB_METERS: readonly LabMeter[] = [
  { name: 'ucmm', address: '10.77.0.11', transport: 'ucmm' },
  { name: 'class3', address: '10.77.0.12', transport: 'class3' },
  { name: 'input-only', address: '10.77.0.13', transport: 'input-only' },
  {
    name: 'listen-multicast',
    address: '10.77.0.14',
    transport: 'listen-only',
    delivery: 'multicast',
    plc: 'multicast',
  },
  {
    name: 'listen-direct',
    address: '10.77.0.15',
    transport: 'listen-only',
    delivery: 'point-to-point',
    plc: 'point-to-point',
  },
  { name: 'modbus-tcp', address: '10.77.0.16', transport: 'modbus-tcp' },
  { name: 'rtu-over-tcp', address: '10.77.0.17', transport: 'modbus-rtu-tcp' },
];
