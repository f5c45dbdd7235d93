import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { nameDatagram, nameEthernetIpStream, nameModbusStream, nameRtuStream, nameSerialFrame } from './closed-list';

type Role = 'ethernet-ip' | 'modbus' | 'modbus-rtu' | 'simulator' | 'independent' | 'test' | 'other';
type Protocol = 'ethernet-ip' | 'modbus' | 'modbus-rtu';

const DECODERS: Readonly<Record<Protocol, (bytes: Buffer) => readonly string[]>> = {
  'ethernet-ip': nameEthernetIpStream,
  modbus: nameModbusStream,
  'modbus-rtu': nameRtuStream,
};

interface Sent {
  readonly kind: 'tcp' | 'udp' | 'serial';
  readonly socket: number;
  readonly role: Role;
  readonly port: number;
  readonly hex: string;
  readonly at: number;
}

type Line =
  | Sent
  | { readonly kind: 'meter'; readonly protocol: Protocol; readonly port: number; readonly at: number }
  | { readonly kind: 'meter closed'; readonly port: number; readonly at: number }
  /** A process with meters is there, every second. */
  | { readonly kind: 'alive'; readonly at: number };

/** So late a process on a busy computer may say that it is there. */
const LATEST_ALIVE_MS = 10_000;

/** A simulated meter's port, and while it listened. */
interface MeterPort {
  readonly protocol: Protocol;
  readonly port: number;
  readonly from: number;
  until: number;
}

/** What was recorded while everything ran. */
export interface Recorded {
  /** Processes that sent something. */
  readonly processes: number;
  /** Name of the closed list to how often it was seen. */
  readonly names: ReadonlyMap<string, number>;
  /** One sentence for each connection with something that is not on the list. */
  readonly violations: readonly string[];
  /** Frames to simulated meters from tests and from independent clients: not ours, so not judged. */
  readonly foreign: number;
}

function readLines(folder: string): ReadonlyMap<string, readonly Line[]> {
  return new Map(
    readdirSync(folder).map((file) => [
      file,
      readFileSync(join(folder, file), 'utf8')
        .split('\n')
        // A process that was killed may have left half a line.
        .filter((line) => line.endsWith('}'))
        .map((line) => JSON.parse(line) as Line),
    ]),
  );
}

function portsOf(files: Iterable<readonly Line[]>): readonly MeterPort[] {
  const ports: MeterPort[] = [];
  for (const lines of files) {
    const own: MeterPort[] = [];
    for (const line of lines) {
      if (line.kind === 'meter') own.push({ ...line, from: line.at, until: Number.POSITIVE_INFINITY });
      if (line.kind !== 'meter closed') continue;
      const open = own.find(({ port, until }) => port === line.port && until === Number.POSITIVE_INFINITY);
      if (open !== undefined) open.until = line.at;
    }
    // A process that was killed closed nothing, and its ports may be those of other servers after it.
    const gone = (lines.at(-1)?.at ?? 0) + LATEST_ALIVE_MS;
    ports.push(...own.map((each) => ({ ...each, until: Math.min(each.until, gone) })));
  }
  return ports;
}

/** The protocol by which a frame is to be judged: of our transports all, of others what goes to a meter. */
function protocolOf({ kind, role, port, at }: Sent, ports: readonly MeterPort[]): Protocol | 'foreign' | undefined {
  if (role === 'ethernet-ip' || role === 'modbus' || role === 'modbus-rtu') return role;
  if (kind !== 'tcp' || role === 'simulator') return undefined;
  const meter = ports.find((candidate) => candidate.port === port && candidate.from <= at && at <= candidate.until);
  if (meter === undefined) return undefined;
  return role === 'other' ? meter.protocol : 'foreign';
}

/** Reads what the recorder wrote, and judges every frame toward a meter by the closed list. */
export function readRecording(folder: string): Recorded {
  const files = readLines(folder);
  const ports = portsOf(files.values());
  const names = new Map<string, number>();
  const violations: string[] = [];
  let foreign = 0;
  let processes = 0;
  const judge = (where: string, name: () => readonly string[]): void => {
    try {
      for (const seen of name()) names.set(seen, (names.get(seen) ?? 0) + 1);
    } catch (thrown) {
      violations.push(`${where}: ${thrown instanceof Error ? thrown.message : String(thrown)}`);
    }
  };
  for (const [file, lines] of files) {
    const streams = new Map<number, { protocol: Protocol; parts: Buffer[] }>();
    const sent = lines.filter((line) => 'hex' in line);
    if (sent.length > 0) processes++;
    for (const line of sent) {
      const protocol = protocolOf(line, ports);
      if (protocol === undefined) continue;
      if (protocol === 'foreign') {
        foreign++;
        continue;
      }
      const bytes = Buffer.from(line.hex, 'hex');
      if (line.kind === 'udp') judge(`${file}, UDP to port ${line.port}`, () => [nameDatagram(bytes)]);
      else if (line.kind === 'serial') judge(`${file}, serial line`, () => [nameSerialFrame(bytes)]);
      else {
        const stream = streams.get(line.socket) ?? { protocol, parts: [] };
        streams.set(line.socket, stream);
        stream.parts.push(bytes);
      }
    }
    for (const [socket, { protocol, parts }] of streams) {
      judge(`${file}, connection ${socket}, ${protocol}`, () => DECODERS[protocol](Buffer.concat(parts)));
    }
  }
  return { processes, names, violations, foreign };
}
