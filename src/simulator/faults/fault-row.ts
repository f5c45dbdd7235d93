/** What a fault reaches: the wire of a protocol, or the values that every protocol shows. */
export type FaultReach = 'EtherNet/IP' | 'class 1' | 'Modbus' | 'values' | 'PLC';

export type FaultParameter =
  | {
      readonly name: string;
      readonly label: string;
      readonly kind: 'number';
      readonly min: number;
      readonly max: number;
      readonly whole?: boolean;
      readonly unit: string;
      readonly default: number;
    }
  | {
      readonly name: string;
      readonly label: string;
      readonly kind: 'choice';
      readonly choices: readonly string[];
      readonly default: string;
    };

/** One fault that a simulated meter can have on demand. */
export interface FaultRow {
  readonly name: string;
  readonly label: string;
  readonly reaches: readonly FaultReach[];
  readonly parameters: readonly FaultParameter[];
  /** What it does, as the end of "The meter ...". */
  readonly does: string;
  /** True when it happens once and is over, so that there is nothing to stop. */
  readonly instant?: boolean;
  /** How long it lasts when nobody says, ms; absent: until it is stopped. */
  readonly durationMs?: number;
}
