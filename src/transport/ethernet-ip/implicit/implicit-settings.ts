import { isIPv4 } from 'node:net';
import type { MeterModel } from '../../../meters/meter-model';
import { PROTOCOL_FACTS } from '../../../meters/protocol-facts';
import { Pm500Error } from '../../../support/errors';
import { heartbeatPointsOf, timeoutMultiplier, type IoConnection } from '../wire/connection-parameters';
import type { DeliveryChoiceName } from './delivery-choice';
import type { SessionSettings } from '../session/session';

/**
 * - input-only: connections of our own, which the meter serves beside those of a PLC;
 * - listen-only: takes part in what a PLC has the meter produce, and ends with it;
 * - auto: listen-only while somebody else has a connection, else input-only, if `allowInputOnly`.
 */
export type ImplicitMode = 'input-only' | 'listen-only' | 'auto';

export interface ImplicitSettings extends SessionSettings {
  readonly mode: ImplicitMode;
  /** Lets `auto` open a connection of its own; default false. */
  readonly allowInputOnly?: boolean;
  /** Requested packet interval of both directions; not less than the meter bears. */
  readonly rpiMs: number;
  /** A connection without a frame for 4, 8, 16, ... 512 intervals is lost; default 8. */
  readonly timeoutMultiplier?: number;
  /** Default auto: what a PLC already has the meter send where that can be joined, else point-to-point. */
  readonly delivery?: DeliveryChoiceName;
  /** Instance of the configuration in the path of connections; default: the one that is assumed of the meter. */
  readonly configurationInstance?: number;
  /** Data that is older than so many ms is not given to a read; default: two intervals that the meter agreed to. */
  readonly maximumAgeMs?: number;
  /**
   * UDP port to receive point-to-point data at; 0 lets the system choose. Default: that of the specification, or a free
   * one where another program has it. The meter is told of any other port. A group comes at the port that the meter names.
   */
  readonly receivePort?: number;
  /** Address of the network interface to receive at; default: the one by which the meter is reached. */
  readonly localAddress?: string;
}

/** Settings with their defaults, checked. */
export interface CheckedSettings extends SessionSettings {
  readonly mode: ImplicitMode;
  readonly allowInputOnly: boolean;
  readonly rpiMs: number;
  /** Least interval that the meter bears. */
  readonly minimumRpiMs: number;
  /** Connection points of the heartbeats. */
  readonly heartbeatPoints: Readonly<Record<IoConnection['kind'], number>>;
  readonly timeoutCode: number;
  readonly delivery: DeliveryChoiceName;
  readonly configurationInstance: number;
  readonly maximumAgeMs: number | undefined;
  readonly receivePort: number | undefined;
  readonly localAddress: string | undefined;
}

const MAXIMUM_RPI_MS = PROTOCOL_FACTS.longestRpiMs.value;
export const DEFAULT_TIMEOUT_MULTIPLIER = 8;
/** What a Forward Open can say: so many intervals without a frame end a connection. */
export const TIMEOUT_MULTIPLIERS = [0, 1, 2, 3, 4, 5, 6, 7].map(timeoutMultiplier);
/** The configuration is an assembly, whose instances have 16 bits. */
export const CONFIGURATION_INSTANCES = { min: 1, max: 0xffff } as const;

/** @throws Pm500Error CONFIG_INVALID */
export function checkImplicitSettings(model: Pick<MeterModel, 'quirks'>, settings: ImplicitSettings): CheckedSettings {
  const { quirks } = model;
  const { rpiMs, timeoutMultiplier: multiplier = DEFAULT_TIMEOUT_MULTIPLIER } = settings;
  const { configurationInstance = quirks.configurationInstance.value, localAddress } = settings;
  const minimumMs = quirks.minimumRpiMs.value;
  if (!(rpiMs >= minimumMs && rpiMs <= MAXIMUM_RPI_MS)) {
    throw new Pm500Error(
      'CONFIG_INVALID',
      `A packet interval of ${rpiMs} ms is not allowed; choose ${minimumMs} to ${MAXIMUM_RPI_MS} ms, because the meter must not be asked for more.`,
    );
  }
  const timeoutCode = TIMEOUT_MULTIPLIERS.indexOf(multiplier);
  if (timeoutCode < 0) {
    throw new Pm500Error(
      'CONFIG_INVALID',
      `A timeout multiplier of ${multiplier} does not exist; choose one of ${TIMEOUT_MULTIPLIERS.join(', ')}.`,
    );
  }
  const { min, max } = CONFIGURATION_INSTANCES;
  if (!(Number.isInteger(configurationInstance) && configurationInstance >= min && configurationInstance <= max)) {
    throw new Pm500Error(
      'CONFIG_INVALID',
      `A configuration instance of ${configurationInstance} does not exist; choose a whole number from ${min} to ${max}.`,
    );
  }
  if (localAddress !== undefined && !isIPv4(localAddress)) {
    throw new Pm500Error(
      'CONFIG_INVALID',
      `"${localAddress}" is no IPv4 address of a network interface; write it like 192.168.1.5, or leave it empty.`,
    );
  }
  return {
    ...settings,
    allowInputOnly: settings.allowInputOnly ?? false,
    minimumRpiMs: minimumMs,
    heartbeatPoints: heartbeatPointsOf(model),
    timeoutCode,
    delivery: settings.delivery ?? 'auto',
    configurationInstance,
    maximumAgeMs: settings.maximumAgeMs,
    receivePort: settings.receivePort,
    localAddress,
  };
}
