import { QUIRKS } from '../../meter/quirks';
import { Pm500Error } from '../../support/errors';
import { timeoutMultiplier, type Delivery } from './connection-parameters';
import type { SessionSettings } from './session';

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
  /** Default point-to-point: it loads nobody else's network. */
  readonly delivery?: Delivery;
  /** Data that is older than so many ms is not given to a read; default: two intervals that the meter agreed to. */
  readonly maximumAgeMs?: number;
  /** UDP port to receive at; default that of the specification. 0 lets the system choose, and the meter is told. */
  readonly receivePort?: number;
  /** Address of the network interface to receive at; default: all. */
  readonly localAddress?: string;
  /** Lets other programs of this machine receive at the same port; default: with multicast only. */
  readonly sharePort?: boolean;
}

/** Settings with their defaults, checked. */
export interface CheckedSettings extends SessionSettings {
  readonly mode: ImplicitMode;
  readonly allowInputOnly: boolean;
  readonly rpiMs: number;
  readonly timeoutCode: number;
  readonly delivery: Delivery;
  readonly maximumAgeMs: number | undefined;
  readonly receivePort: number;
  readonly localAddress: string | undefined;
  readonly sharePort: boolean;
}

/** The longest interval that the 32 bits of a Forward Open hold, with room for the timeout. */
const MAXIMUM_RPI_MS = 60_000;
const DEFAULT_MULTIPLIER = 8;
const MULTIPLIERS = [0, 1, 2, 3, 4, 5, 6, 7].map(timeoutMultiplier);

/** @throws Pm500Error CONFIG_INVALID */
export function checkImplicitSettings(settings: ImplicitSettings): CheckedSettings {
  const { rpiMs, delivery = 'point-to-point', timeoutMultiplier: multiplier = DEFAULT_MULTIPLIER } = settings;
  const minimumMs = QUIRKS.minimumRpiMs.value;
  if (!(rpiMs >= minimumMs && rpiMs <= MAXIMUM_RPI_MS)) {
    throw new Pm500Error(
      'CONFIG_INVALID',
      `A packet interval of ${rpiMs} ms is not allowed; choose ${minimumMs} to ${MAXIMUM_RPI_MS} ms, because the meter must not be asked for more.`,
    );
  }
  const timeoutCode = MULTIPLIERS.indexOf(multiplier);
  if (timeoutCode < 0) {
    throw new Pm500Error(
      'CONFIG_INVALID',
      `A timeout multiplier of ${multiplier} does not exist; choose one of ${MULTIPLIERS.join(', ')}.`,
    );
  }
  return {
    ...settings,
    allowInputOnly: settings.allowInputOnly ?? false,
    timeoutCode,
    delivery,
    maximumAgeMs: settings.maximumAgeMs,
    receivePort: settings.receivePort ?? QUIRKS.implicitPort.value,
    localAddress: settings.localAddress,
    sharePort: settings.sharePort ?? delivery === 'multicast',
  };
}
