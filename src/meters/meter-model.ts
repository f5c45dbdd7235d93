import type { Assembly, HalfOrder, Layout, Provenance } from '../metrics/measurement';

/** One behavior of a meter that software must respect, with how well it is known. */
export interface Fact<Value> {
  readonly value: Value;
  readonly unit: string;
  readonly source: string;
  readonly provenance: Provenance;
}

/** One row of the product code table. A unit without EtherNet/IP has no CIP product code. */
export interface CatalogNumber {
  readonly catalogNumber: string;
  readonly productCode: number;
  /** Rated line-to-line voltage, V ac. */
  readonly ratedVoltage: number;
  /** Nominal line-to-neutral voltage, V ac. */
  readonly nominalLineToNeutral: number;
  readonly inputsOutputs: 'none' | 'digital' | 'analog';
  /** ASCII letter in the high byte of the firmware words. */
  readonly modelLetter: string;
}

/** What the Identity object (CIP class 0x01, instance 1) of the meter says. */
export interface IdentityFacts {
  readonly vendorId: number;
  /** CIP device type. */
  readonly deviceType: number;
  readonly productName: string;
  /** Serial numbers that meters of this model have; both ends belong to the range. */
  readonly serialNumbers: { readonly min: number; readonly max: number };
  readonly catalogNumbers: readonly CatalogNumber[];
  /** The one that a simulated meter has when nobody chooses another. */
  readonly usualCatalogNumber: string;
}

/** Assemblies that belong together when reading; what the editor offers and `pm500 read --group` takes. */
export interface AssemblyGroup {
  readonly name: string;
  readonly label: string;
  /** Instances. */
  readonly assemblies: readonly number[];
}

/** A way to fill the assembly of the energy counters that has a name. Names are stable: settings and meter lists hold them. */
export interface EnergyCandidate {
  readonly name: string;
  /** One sentence for people. */
  readonly description: string;
  readonly source: string;
  /** `REAL_PAIR`: two REALs a counter. `ULINT`: 64-bit numbers. `REAL`: one REAL a counter. */
  readonly encoding: 'REAL_PAIR' | 'ULINT' | 'REAL';
  readonly order?: HalfOrder;
  /** REAL_PAIR only: what one step of the high REAL is worth, in steps of the low one. */
  readonly pairScale?: number;
  /** Wh and varh in one step of the meter's number. */
  readonly scale: number;
  /** The assembly as this candidate has it. */
  readonly assembly: Assembly;
}

/** The assembly of the energy counters, and what it may hold as far as nobody has read it. */
export interface EnergyFacts {
  readonly instance: number;
  /** Ways to fill it, among which the layout check decides; none where the manual says it. */
  readonly candidates: readonly EnergyCandidate[];
  /** Name of the one that the working layout has; absent where there are none. */
  readonly assumed?: string;
}

/** `HOURS_MINUTES`: a ULINT, hours = value div 100, minutes = value mod 100. `BLOCK`: a block of configuration words. */
export type RegisterEncoding = 'UINT' | 'REAL' | 'ULINT' | 'HOURS_MINUTES' | 'REVISION' | 'LETTERS' | 'FLAGS' | 'BLOCK';

/**
 * A Modbus register, or registers side by side that are one number. Functions 03 and 04 read the same values; a printed
 * 3xxxxx becomes 4xxxxx for function 03. Within a register the high byte is first, values of 32 and 64 bit start with
 * the least significant word. This software only reads, also where the meter would take a write.
 */
export interface Register {
  /** Printed number, 3xxxxx; src/transport turns it into the zero-based address on the wire. */
  readonly register: number;
  readonly words: number;
  readonly label: string;
  readonly encoding: RegisterEncoding;
  /** Canonical metric that the register holds, where it holds one. */
  readonly metric?: string;
  /** FLAGS only: canonical metrics of the bits, the least significant first. */
  readonly bitMetrics?: readonly string[];
  /** Letters in the text, for LETTERS. */
  readonly letters?: number;
  /** Unit of the raw number, where it has one. */
  readonly unit?: string;
  /** Names of the values, or of the bits of FLAGS, by number. */
  readonly values?: readonly string[];
  readonly note?: string;
  readonly source: string;
  readonly provenance: Provenance;
}

/** Registers that hold what a group of assemblies holds; of maxima and demands often none are known. */
export interface RegisterGroup {
  /** Name of the group. */
  readonly group: string;
  readonly registers: readonly Register[];
}

export interface RegisterFacts {
  /** Every register that is known, in order of number. */
  readonly all: readonly Register[];
  /** Those that are read, by group. */
  readonly groups: readonly RegisterGroup[];
  /** Name of the group that says who the meter is; what Modbus has in place of the Identity object. */
  readonly product: string;
  /** What a new meter holds in registers without a metric, printed number to value; the rest is 0. For simulators. */
  readonly factory: ReadonlyMap<number, number>;
  /** First of the six registers of the clock, year to seconds; absent where there is none. For simulators. */
  readonly clock?: number;
  /** The register whose bits say which modules are fitted: always, and with analog ones. For simulators. */
  readonly modules?: { readonly register: number; readonly fitted: number; readonly analog: number };
}

/** Limits and ports of the meter's network interfaces; those of the protocols are in protocol-facts.ts. */
export interface Quirks {
  /** Least time between two explicit reads of one assembly. */
  readonly minimumReadIntervalMs: Fact<number>;
  /** Least requested packet interval of an implicit connection. */
  readonly minimumRpiMs: Fact<number>;
  /** Connection points of the heartbeats of I/O connections. */
  readonly heartbeatInputOnly: Fact<number>;
  readonly heartbeatListenOnly: Fact<number>;
  /** Instance that stands for the configuration in the path of an I/O connection. */
  readonly configurationInstance: Fact<number>;
  /** CIP connections that the meter bears, of all kinds. */
  readonly assemblyConnections: Fact<number>;
  readonly modbusTcpSockets: Fact<number>;
  /** True: Modbus TCP traffic suspends EtherNet/IP for a time, also for the PLC. */
  readonly modbusSuspendsEnip: Fact<boolean>;
  /** TCP port of Modbus. */
  readonly modbusPort: Fact<number>;
  /** Unit identifier that a meter has when nobody set another. */
  readonly modbusUnitId: Fact<number>;
  /** Rate of the serial option when nobody set another. */
  readonly modbusBaudRate: Fact<9_600 | 19_200 | 38_400 | 115_200>;
  /** Printed number of the register at wire address 0: the address is the number less this. */
  readonly modbusFirstRegister: Fact<number>;
  /** A REAL that is a NaN, an infinity or these bits stands for overload or a value that is not available. */
  readonly overloadBits: Fact<number>;
}

/** Short name of a wiring; settings, messages and verdicts hold it. */
export type WiringMode = string;

/** Which real-time values a meter can have in one wiring. */
export interface WiringRow {
  readonly mode: WiringMode;
  readonly label: string;
  /** Real-time metrics that this wiring measures or derives; the rest of `WiringFacts.metrics` does not exist in it. */
  readonly exists: ReadonlySet<string>;
  /** True: L2 and L3 are taken to equal L1, so system values are three times those of L1. */
  readonly assumesBalance: boolean;
  readonly source: string;
  readonly provenance: Provenance;
}

export interface WiringFacts {
  readonly rows: readonly WiringRow[];
  /** Real-time metrics whose existence depends on the wiring. */
  readonly metrics: readonly string[];
  /** The wiring with every value: what is taken while nothing else is known. */
  readonly usual: WiringMode;
}

/** One default alarm: the plain form of a rule (docs/alarms.md), and how well its limit is founded. */
export interface DefaultAlarm {
  readonly id: string;
  readonly metric: string;
  readonly condition: 'above' | 'below' | 'outside' | 'equal' | 'missing' | 'changed';
  readonly limit?: number | boolean;
  readonly low?: number;
  readonly high?: number;
  readonly hysteresis?: number;
  readonly onDelaySeconds?: number;
  readonly offDelaySeconds?: number;
  readonly latching?: boolean;
  readonly severity: 'info' | 'warning' | 'critical';
  readonly message: string;
  readonly source: string;
  /** Of the limit: `inferred` from a standard for another place or purpose, `assumed` by experience. */
  readonly provenance: Provenance;
}

/** What the limits of default alarms depend on. */
export interface NominalValues {
  /** Nominal voltage between line and neutral, V. */
  readonly lineToNeutralVolts: number;
  /** Nominal frequency, Hz. */
  readonly frequencyHz: 50 | 60;
  /** Rated current of the feeder, A; without it there are no current alarms. */
  readonly ratedAmperes?: number;
}

/**
 * A meter model: everything that this software knows of one product, as one value that is given as an argument. It
 * holds facts and no behavior; how they are used, the other folders of src/ say for every model alike. Where something
 * is worked out from it, that is done once for each model and kept by whoever holds it.
 */
export interface MeterModel {
  /** What people call it, in sentences: "check that the device is a ...". */
  readonly name: string;
  readonly identity: IdentityFacts;
  /** The layout that is used unless a site supplies its own. */
  readonly layout: Layout;
  /** The first is what is read where nobody has chosen. */
  readonly groups: readonly AssemblyGroup[];
  readonly energy: EnergyFacts;
  readonly registers: RegisterFacts;
  readonly quirks: Quirks;
  readonly wiring: WiringFacts;
  /** The alarms that the meter has by default, as data that a site changes at will. */
  readonly defaultAlarms: (nominal: NominalValues) => readonly DefaultAlarm[];
}
