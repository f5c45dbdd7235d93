import type { Metric, Provenance } from '../../metrics/measurement';
import type { ErrorCode } from '../../support/errors';
import type { QualityReason } from '../quality/quality';

/**
 * The message contract of `pm500-poll`: one meter, one cycle, one block per assembly or span of
 * registers that was due. Values carry canonical names and units of the catalogue; what they are worth is for `normalize` to say.
 */
export interface Reading {
  readonly schema: typeof READING_SCHEMA;
  readonly meter: MeterReference;
  readonly layout: LayoutReference;
  /** Time of the read in epoch milliseconds UTC: that of the oldest block, or of the attempt when none arrived. */
  readonly timestamp: number;
  /**
   * Which boot of which host `uptimeMs` of the blocks belongs to. Absent in readings of older versions and in those that
   * something else makes: then only the wall clock says what elapsed.
   */
  readonly bootId?: string;
  readonly blocks: readonly ReadingBlock[];
  /** Metrics that only a site's own layout defines. */
  readonly definitions?: readonly Metric[];
}

export const READING_SCHEMA = 'pm500.reading/1';

export type Value = number | boolean | string | null;

/** Where a meter stands: the tags that the editor and meter lists ask for. A reading may carry others. */
export const METER_TAGS = ['site', 'area', 'line', 'asset'] as const;

/** Which meter a message is about. */
export interface MeterReference {
  /** The name the user gave, unique on a site; the Sparkplug device and the InfluxDB tag `meter` by default. */
  readonly name: string;
  readonly host: string;
  /** Site, area, line, asset and whatever else the user sorts meters by. */
  readonly tags: Readonly<Record<string, string>>;
  /** From the Identity object, once read. */
  readonly catalogNumber?: string;
  readonly serialNumber?: number;
  /** Over Modbus, which tells neither of these: the base firmware of the product registers, for instance "A.7". */
  readonly firmware?: string;
  /** How it was read: "ucmm", "class3", "input-only", "listen-only", "auto", "modbus-tcp", "modbus-rtu", "modbus-rtu-tcp". */
  readonly transport?: string;
  /** Telemetry only: where the places of the values come from. */
  readonly layout?: LayoutReference;
  /** True when the Identity object says it is not a PowerMonitor 500, or not the configured catalog number. */
  readonly identityMismatch?: boolean;
}

export interface LayoutReference {
  readonly name: string;
  /** True when a person has confirmed on this meter that the layout fits. */
  readonly confirmed: boolean;
}

/** What stands for the name of a layout where a meter is read over Modbus, whose registers were read in the manual. */
export const REGISTER_TABLE = 'Modbus registers';

/** What one assembly or one span of registers said, or why it said nothing. It has either `assembly` or `register`. */
export interface ReadingBlock {
  /** EtherNet/IP: the assembly instance. */
  readonly assembly?: number;
  /** Modbus: the printed number (3xxxxx) of the first register. */
  readonly register?: number;
  readonly group: string;
  /** When the reply arrived (or the attempt failed), epoch milliseconds UTC. */
  readonly timestamp: number;
  /**
   * The same moment as milliseconds since the host that read it was booted, which setting its wall clock does not move.
   * Absent where the read failed.
   */
  readonly uptimeMs?: number;
  /** Request to reply, milliseconds; of data that the meter sends by itself its age when it was read. */
  readonly latencyMs: number;
  /** Canonical metric name to value in the metric's unit; null where the meter had none. Empty when the read failed. */
  readonly values: Readonly<Record<string, Value>>;
  /** How well the place of each metric of this block is known; also lists the metrics of a failed block. */
  readonly provenance: Readonly<Record<string, Provenance>>;
  /** The bytes as they came, hexadecimal: only where the layout assumes what they mean, so that it can be judged. */
  readonly raw?: string;
  /** Only for values that are not plain numbers: why. */
  readonly problems?: Readonly<Record<string, QualityReason>>;
  /** Present when the read failed. */
  readonly error?: { readonly code: ErrorCode; readonly message: string };
}
