/** The meters of the lab, in a process and a network namespace of their own; told what to do by the one who reads them. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import type { Served } from '../../src/simulator/served';
import { SimulatedSerialServer } from '../../src/simulator/modbus/serial-server';
import { dailyProfile } from '../../src/simulator/model/plain-profiles';
import { startSimulator, type Simulator } from '../../src/simulator/simulator';
import type { SimulatedMeterSettings } from '../../src/simulator/simulator-settings';
import { silentLogger } from '../../src/support/logger';
import { seededRandom } from '../../src/support/random';
import { labClock } from './lab-clock';
import { LAB_METERS, RPI_MS, SERIAL_SERVER_PORT } from './lab-meters';
import { PM500 } from '../../src/meters/pm500';

/** What the reader orders; each is answered with its number when it is done. */
export interface MeterOrder {
  readonly number: number;
  readonly do: 'start' | 'stop' | 'sync' | 'power-off' | 'power-on' | 'new-hardware' | 'owners';
}

export type MeterNews =
  | { readonly kind: 'served'; readonly meter: number; readonly served: Served }
  | { readonly kind: 'done'; readonly number: number; readonly owners?: readonly (boolean | undefined)[] };

interface Plant {
  readonly simulator: Simulator;
  readonly serialServer: SimulatedSerialServer;
}

const ip = (...args: readonly string[]): void => void execFileSync('ip', args);
const tell = (news: MeterNews): void => void process.send?.(news);

let plant: Plant | undefined;
let hardware = 0;

function settingsFor({ address, transport, plc }: (typeof LAB_METERS)[number], index: number): SimulatedMeterSettings {
  return {
    bind: address,
    ...(transport === 'modbus-tcp' ? { modbusPort: 502 } : {}),
    catalogNumber: '1420-V2P-ENT',
    serialNumber: 949_000_001 + index,
    seed: index,
    load: dailyProfile(100_000 + 10_000 * index, index),
    ...(plc === undefined ? {} : { plc: { rpiMs: RPI_MS, delivery: plc }, listenOnly: plc }),
  };
}

async function powerOn(): Promise<void> {
  const simulator = await startSimulator(PM500, {
    meters: LAB_METERS.map(settingsFor),
    speed: 10,
    refreshMs: 1,
    clock: labClock,
    random: seededRandom(hardware),
    modbusSuspendsEnipMs: 200,
  });
  simulator.meters.forEach((meter, index) => {
    meter.onServed((served) => {
      tell({ kind: 'served', meter: index, served });
    });
  });
  const serial = LAB_METERS.findIndex(({ transport }) => transport === 'modbus-rtu-tcp');
  const line = simulator.meters[serial]!.createRtuServer(1);
  const { address } = LAB_METERS[serial]!;
  const serialServer = await SimulatedSerialServer.open(address, SERIAL_SERVER_PORT, [line], silentLogger);
  plant = { simulator, serialServer };
}

async function powerOff(): Promise<void> {
  await Promise.all([plant?.serialServer.close(), plant?.simulator.close()]);
  plant = undefined;
}

/** Another device with the same addresses: another MAC address, announced as EtherNet/IP devices do (RFC 5227). */
function newHardware(): void {
  hardware++;
  ip('link', 'set', 'meter0', 'address', `02:00:00:00:01:${hardware.toString(16).padStart(2, '0')}`);
}

async function start(): Promise<void> {
  ip('link', 'set', 'lo', 'up');
  for (const { address } of LAB_METERS) ip('address', 'add', `${address}/24`, 'dev', 'meter0');
  ip('link', 'set', 'meter0', 'up');
  ip('route', 'add', 'default', 'dev', 'meter0');
  writeFileSync('/proc/sys/net/ipv4/conf/meter0/arp_notify', '1');
  await powerOn();
}

async function obey(order: MeterOrder): Promise<void> {
  if (order.do === 'start') await start();
  else if (order.do === 'power-off') await powerOff();
  else if (order.do === 'power-on') await powerOn();
  else if (order.do === 'new-hardware') newHardware();
  else if (order.do === 'stop') {
    await powerOff();
    process.disconnect();
    return;
  }
  const owners = plant?.simulator.meters.map(({ plcOwns }) => plcOwns);
  tell({ kind: 'done', number: order.number, ...(owners === undefined ? {} : { owners }) });
}

let turn: Promise<void> = Promise.resolve();
process.on('message', (order: MeterOrder) => {
  turn = turn.then(() => obey(order));
});
