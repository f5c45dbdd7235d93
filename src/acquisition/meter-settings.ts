import { isIPv4 } from 'node:net';
import type { CompiledLayout } from '../domain/codec/layout';
import type { MeterModel } from '../meters/meter-model';
import { Pm500Error } from '../support/errors';
import { BAUD_RATES, PARITIES, type BaudRate, type Parity } from '../transport/modbus/rtu-line';
import type { DeliveryChoiceName } from '../transport/ethernet-ip/implicit/delivery-choice';
import { TIMEOUT_MULTIPLIERS } from '../transport/ethernet-ip/implicit/implicit-settings';
import { loadLayout } from './layout-file';
import { meterRows, type MeterRows } from './meter-rows';
import type { MessagingKind, TransportKind } from './transport-kinds';
import { hostOf } from './written-host';

/** EtherNet/IP. */
export interface Messaging {
  readonly kind: MessagingKind;
  /** Implicit kinds: how often the meter sends each assembly. */
  readonly rpiMs: number;
  /** `auto`: lets it open connections of its own. */
  readonly allowInputOnly: boolean;
  /** Implicit kinds: how the meter's data travels; this and what follows have the defaults of the transport. */
  readonly delivery?: DeliveryChoiceName;
  /** Implicit kinds: a connection without a frame for so many intervals is lost. */
  readonly timeoutMultiplier?: number;
  /** Implicit kinds: instance of the configuration in the path of connections. */
  readonly configurationInstance?: number;
  /** Implicit kinds: UDP port for point-to-point data; absent: the usual one, or a free one. */
  readonly receivePort?: number;
  /** Implicit kinds: address of the network interface to receive at; absent: the one by which the meter is reached. */
  readonly localAddress?: string;
}

export interface ModbusTcpChoice {
  readonly kind: 'modbus-tcp';
  readonly unitId: number;
  /** How long the meter's only socket is kept when nothing is read; 0: given back after each cycle. */
  readonly releaseAfterIdleMs: number;
  /** Port of the same meter's EtherNet/IP, which tells apart meters that share an address. */
  readonly enipPort: number;
}

export interface ModbusRtuChoice {
  readonly kind: 'modbus-rtu';
  readonly unitId: number;
  readonly baudRate: BaudRate;
  readonly parity: Parity;
  /** The adapter sends back what is sent, which is to be taken off. */
  readonly dropEcho: boolean;
}

export interface ModbusRtuTcpChoice {
  readonly kind: 'modbus-rtu-tcp';
  readonly unitId: number;
  readonly dropEcho: boolean;
}

export type TransportSettings = Messaging | ModbusTcpChoice | ModbusRtuChoice | ModbusRtuTcpChoice;

/** True where the meter has the serial option in place of EtherNet/IP. */
export function isSerial(transport: TransportSettings | undefined): transport is ModbusRtuChoice | ModbusRtuTcpChoice {
  return transport?.kind === 'modbus-rtu' || transport?.kind === 'modbus-rtu-tcp';
}

/** True where the meter sends by itself. */
export function isImplicit(transport: TransportSettings | undefined): transport is Messaging {
  return transport?.kind === 'input-only' || transport?.kind === 'listen-only' || transport?.kind === 'auto';
}

/** How to reach one physical meter, and how gently. */
export interface LinkSettings {
  readonly model: MeterModel;
  /** Address or name; over Modbus RTU the path of the serial port. */
  readonly host: string;
  /** TCP port of EtherNet/IP, of Modbus TCP, or of a serial server; not used over Modbus RTU. */
  readonly port: number;
  readonly connectTimeoutMs: number;
  readonly replyTimeoutMs: number;
  /** Least time between two reads of one block, whatever is asked. */
  readonly minimumReadIntervalMs: number;
  /** Absent: explicit messages by UCMM. */
  readonly transport?: TransportSettings;
  /** True: a PLC owns the meter over EtherNet/IP, so that Modbus TCP is only for a maintenance window. */
  readonly sharedWithPlc?: boolean;
}

/** Least time between two reads of one block; what the meter sends by itself costs it nothing to be taken. */
export function shortestIntervalOf({ minimumReadIntervalMs, transport }: LinkSettings): number {
  return isImplicit(transport) ? Math.min(minimumReadIntervalMs, transport.rpiMs) : minimumReadIntervalMs;
}

/** One meter as a user configured it. */
export interface MeterSettings extends LinkSettings {
  /** Unique on a site. */
  readonly name: string;
  readonly tags: Readonly<Record<string, string>>;
  /** Catalog number that the device must have; absent for any. */
  readonly catalogNumber?: string;
  /** What its assemblies mean; Modbus has the register table instead. */
  readonly layout: CompiledLayout;
  /** True when a person has confirmed on this meter that the layout fits. */
  readonly layoutConfirmed: boolean;
}

/** A meter in the plain words of a form, a row of a list or a command line; what is absent has its default. */
export interface MeterChoice {
  readonly name: string;
  /** Address or name; over Modbus RTU the path of the serial port. */
  readonly host: string;
  readonly transport?: TransportKind;
  /** TCP port of the transport. */
  readonly port?: number;
  /** Modbus TCP: port of the same meter's EtherNet/IP. */
  readonly enipPort?: number;
  readonly tags?: Readonly<Record<string, string>>;
  readonly rpiMs?: number;
  readonly allowInputOnly?: boolean;
  readonly delivery?: DeliveryChoiceName;
  readonly timeoutMultiplier?: number;
  readonly configurationInstance?: number;
  /** Absent: the usual one, or a free one where another program has it. */
  readonly receivePort?: number;
  /** Empty for the interface by which the meter is reached. */
  readonly localAddress?: string;
  readonly sharedWithPlc?: boolean;
  readonly unitId?: number;
  readonly baudRate?: number;
  readonly parity?: string;
  readonly dropEcho?: boolean;
  readonly releaseAfterIdleMs?: number;
  readonly connectTimeoutMs?: number;
  readonly replyTimeoutMs?: number;
  readonly minimumReadIntervalMs?: number;
  /** Empty for any. */
  readonly catalogNumber?: string;
  /** Empty for the built-in layout. */
  readonly layoutFile?: string;
  /** Name of the candidate that the energy counters are; empty for what the layout says of it. */
  readonly energyLayout?: string;
  readonly layoutConfirmed?: boolean;
}

const UNIT_IDS = {
  'modbus-tcp': { min: 0, max: 255 },
  'modbus-rtu': { min: 1, max: 247 },
  'modbus-rtu-tcp': { min: 1, max: 247 },
} as const;

function chooseFrom<Choice>(what: string, value: unknown, choices: readonly Choice[]): Choice {
  const found = choices.find((choice) => choice === value);
  if (found !== undefined) return found;
  throw new Pm500Error('CONFIG_INVALID', `${what} is ${String(value)}; choose one of ${choices.join(', ')}.`);
}

/** @throws Pm500Error CONFIG_INVALID for a unit identifier that the transport does not know */
export function checkUnitId(subject: string, kind: keyof typeof UNIT_IDS, unitId: number): number {
  const { min, max } = UNIT_IDS[kind];
  if (Number.isInteger(unitId) && unitId >= min && unitId <= max) return unitId;
  const message = `${subject}: unit identifier ${unitId} does not exist; choose one from ${min} to ${max}.`;
  throw new Pm500Error('CONFIG_INVALID', message);
}

function transportOf(rows: MeterRows, choice: MeterChoice): TransportSettings {
  const { name } = choice;
  const kind = choice.transport ?? rows.transport.default;
  const { unitId = rows.unitId.default, dropEcho = rows.dropEcho.default } = choice;
  if (kind === 'modbus-tcp') {
    return {
      kind,
      unitId: checkUnitId(`Meter "${name}"`, kind, unitId),
      releaseAfterIdleMs: choice.releaseAfterIdleMs ?? rows.releaseAfterIdleMs.default,
      enipPort: choice.enipPort ?? rows.port.default,
    };
  }
  if (kind === 'modbus-rtu') {
    return {
      kind,
      unitId: checkUnitId(`Meter "${name}"`, kind, unitId),
      baudRate: chooseFrom(`Meter "${name}": baud rate`, choice.baudRate ?? rows.baudRate.default, BAUD_RATES),
      parity: chooseFrom(`Meter "${name}": parity`, choice.parity ?? rows.parity.default, PARITIES),
      dropEcho,
    };
  }
  if (kind === 'modbus-rtu-tcp') return { kind, unitId: checkUnitId(`Meter "${name}"`, kind, unitId), dropEcho };
  return messagingOf(rows, kind, choice);
}

/** @throws Pm500Error CONFIG_INVALID for what is neither empty nor an IPv4 address */
export function checkLocalAddress(subject: string, localAddress: string): void {
  if (localAddress === '' || isIPv4(localAddress)) return;
  const message = `${subject}: local address "${localAddress}" is no IPv4 address of a network interface; write it like 192.168.1.5, or leave it empty.`;
  throw new Pm500Error('CONFIG_INVALID', message);
}

function messagingOf(rows: MeterRows, kind: MessagingKind, choice: MeterChoice): Messaging {
  const { name, receivePort, localAddress = '' } = choice;
  checkLocalAddress(`Meter "${name}"`, localAddress);
  const multiplier = choice.timeoutMultiplier ?? rows.timeoutMultiplier.default;
  return {
    kind,
    rpiMs: choice.rpiMs ?? rows.rpiMs.default,
    allowInputOnly: choice.allowInputOnly ?? rows.allowInputOnly.default,
    delivery: choice.delivery ?? rows.delivery.default,
    timeoutMultiplier: chooseFrom(`Meter "${name}": timeout multiplier`, multiplier, TIMEOUT_MULTIPLIERS),
    configurationInstance: choice.configurationInstance ?? rows.configurationInstance.default,
    ...(receivePort === undefined ? {} : { receivePort }),
    ...(localAddress === '' ? {} : { localAddress }),
  };
}

/**
 * The settings of a meter from plain words, with defaults; its layout file is read.
 * @throws Pm500Error CONFIG_INVALID, LAYOUT_INVALID
 */
export function settingsOf(model: MeterModel, choice: MeterChoice): MeterSettings {
  const rows = meterRows(model);
  const { name, catalogNumber = '' } = choice;
  const transport = transportOf(rows, choice);
  if (catalogNumber !== '') {
    const known = model.identity.catalogNumbers.map((row) => row.catalogNumber);
    chooseFrom(`Meter "${name}": catalog number`, catalogNumber, known);
  }
  return {
    model,
    name,
    host: transport.kind === 'modbus-rtu' ? choice.host : hostOf(`Meter "${name}"`, choice.host),
    port: choice.port ?? (transport.kind.startsWith('modbus') ? rows.modbusPort.default : rows.port.default),
    transport,
    sharedWithPlc: choice.sharedWithPlc ?? rows.sharedWithPlc.default,
    connectTimeoutMs: choice.connectTimeoutMs ?? rows.connectTimeoutMs.default,
    replyTimeoutMs: choice.replyTimeoutMs ?? rows.replyTimeoutMs.default,
    minimumReadIntervalMs: choice.minimumReadIntervalMs ?? rows.minimumIntervalMs.default,
    tags: choice.tags ?? {},
    ...(catalogNumber === '' ? {} : { catalogNumber }),
    layout: loadLayout(model, choice.layoutFile ?? '', choice.energyLayout),
    layoutConfirmed: choice.layoutConfirmed ?? false,
  };
}
