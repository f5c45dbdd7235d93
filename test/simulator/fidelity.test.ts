import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import ModbusRTU from 'modbus-serial';
import { Controller } from 'st-ethernet-ip';
import { PROTOCOL_FACTS } from '../../src/meters/protocol-facts';
import { QUIRKS } from '../../src/meters/pm500/quirks';
import { REGISTERS } from '../../src/meters/pm500/registers';
import { ModbusRtuServer } from '../../src/simulator/modbus/modbus-rtu-server';
import { constantProfile } from '../../src/simulator/model/plain-profiles';
import type { Simulator } from '../../src/simulator/simulator';
import { withCrc } from '../../src/transport/modbus/crc';
import { cipRequest, cipResponseIn, registerFrame, unconnectedFrame } from '../../testkit/simulator/frames';
import { ModbusBench } from '../../testkit/simulator/modbus-bench';
import { RawClient } from '../../testkit/simulator/raw-client';
import { startOneMeter } from '../../testkit/simulator/one-meter';

/** The independent client knows no other port, so the meter gets an address of its own on the loopback network. */
const ADDRESS = '127.13.44.85';
const GET_ALL = 0x01;
const RESET = 0x05;
const GET = 0x0e;
const SET = 0x10;
const IDENTITY = 0x01;
const ASSEMBLY = 0x04;
const UNKNOWN_ATTRIBUTE = 0x14;
const UNKNOWN_PATH = 0x05;
const UNKNOWN_SERVICE = 0x08;
const STATE_CONFLICT = 0x10;

/** Service, class, instance, attribute, data of the request; then the data of the answer, or the general status of a refusal. */
type CipRow = readonly [source: string, what: string, request: Parameters<typeof cipRequest>, answer: string | number];

const NAME = Buffer.from('PowerMonitor 500', 'latin1').toString('hex');
/** 940 000 001, little-endian. */
const SERIAL = '01430738';

const CIP_ROWS: readonly CipRow[] = [
  ['D p.74', 'Identity class revision', [GET, IDENTITY, 0, 1], '0100'],
  ['D p.74', 'Identity class maximum instance', [GET, IDENTITY, 0, 2], '0100'],
  ['D p.74', 'Identity class instances', [GET, IDENTITY, 0, 3], '0100'],
  ['D p.74', 'Identity class has no attribute 4', [GET, IDENTITY, 0, 4], UNKNOWN_ATTRIBUTE],
  ['D p.74', 'Identity class maximum class attribute', [GET, IDENTITY, 0, 6], '0700'],
  ['D p.74', 'Identity class maximum instance attribute', [GET, IDENTITY, 0, 7], '0700'],
  ['D p.75', 'Get_Attributes_All of the Identity class', [GET_ALL, IDENTITY, 0], '0100010007000700'],
  ['D p.75', 'vendor', [GET, IDENTITY, 1, 1], '0100'],
  ['D p.75', 'device type', [GET, IDENTITY, 1, 2], '9200'],
  ['D p.76', 'product code of 1420-V2P-ENT', [GET, IDENTITY, 1, 3], '0800'],
  ['D p.75', 'serial number', [GET, IDENTITY, 1, 6], SERIAL],
  ['D p.75', 'product name', [GET, IDENTITY, 1, 7], `10${NAME}`],
  ['D p.75', 'Identity has no attribute 8', [GET, IDENTITY, 1, 8], UNKNOWN_ATTRIBUTE],
  ['D p.75', 'Get_Attributes_All of the instance', [GET_ALL, IDENTITY, 1], `01009200080004013400${SERIAL}10${NAME}`],
  ['D p.74', 'Identity has one instance', [GET, IDENTITY, 2, 1], UNKNOWN_PATH],
  ['D p.75', 'Reset type 0 is known and not carried out', [RESET, IDENTITY, 1, undefined, '00'], STATE_CONFLICT],
  ['D p.75', 'Reset type 1 is known and not carried out', [RESET, IDENTITY, 1, undefined, '01'], STATE_CONFLICT],
  ['D p.75', 'Reset is no service of the class', [RESET, IDENTITY, 0], UNKNOWN_SERVICE],
  ['D p.75', 'no Set service on Identity', [SET, IDENTITY, 1, 7, '00'], UNKNOWN_SERVICE],
  ['D p.77', 'Assembly class revision', [GET, ASSEMBLY, 0, 1], '0200'],
  ['D p.77', 'Assembly class maximum instance', [GET, ASSEMBLY, 0, 2], '6c00'],
  ['D p.77', 'Assembly class instances', [GET, ASSEMBLY, 0, 3], '0900'],
  ['D p.77', 'Assembly class optional attributes', [GET, ASSEMBLY, 0, 4], '01000400'],
  ['D p.77', 'Assembly class has no attribute 5', [GET, ASSEMBLY, 0, 5], UNKNOWN_ATTRIBUTE],
  ['D p.77', 'Assembly class maximum class attribute', [GET, ASSEMBLY, 0, 6], '0700'],
  ['D p.77', 'Assembly class maximum instance attribute', [GET, ASSEMBLY, 0, 7], '0400'],
  ['D p.77', 'no Get_Attributes_All on the Assembly class', [GET_ALL, ASSEMBLY, 0], UNKNOWN_SERVICE],
  ['D p.77', 'no Get_Attributes_All on an assembly', [GET_ALL, ASSEMBLY, 101], UNKNOWN_SERVICE],
  ['D p.77', 'no Set of data', [SET, ASSEMBLY, 101, 3, '00000000'], UNKNOWN_SERVICE],
  ...[1, 2, 5].map((attribute): CipRow => [
    'D p.77',
    `assemblies have no attribute ${attribute}`,
    [GET, ASSEMBLY, 101, attribute],
    UNKNOWN_ATTRIBUTE,
  ]),
  ...[98, 99].flatMap((point): readonly CipRow[] => [
    ['D p.78', `heartbeat point ${point} cannot be read`, [GET, ASSEMBLY, point, 3], UNKNOWN_PATH],
    ['D p.78', `heartbeat point ${point} has no size`, [GET, ASSEMBLY, point, 4], UNKNOWN_PATH],
    ['D p.78', `heartbeat point ${point} cannot be written`, [SET, ASSEMBLY, point, 3, '00'], UNKNOWN_PATH],
  ]),
  ['E p.81', 'no assembly below 100', [GET, ASSEMBLY, 97, 3], UNKNOWN_PATH],
  ['E p.81', 'no assembly above 108', [GET, ASSEMBLY, 109, 3], UNKNOWN_PATH],
];

/** E p.81, in the order of instances. */
const SIZES = [20, 48, 72, 48, 68, 48, 68, 72, 4] as const;

/** Printed number of the first register, metric of its ULINT: D p.55 Table 23, E p.57 Table 25. */
const ENERGY = [
  [301_281, 'active_energy_import_total'],
  [301_285, 'reactive_energy_import_total'],
  [301_289, 'active_energy_export_total'],
  [301_293, 'reactive_energy_export_total'],
  [301_297, 'active_energy_import_partial'],
  [301_301, 'reactive_energy_import_partial'],
  [301_305, 'active_energy_export_partial'],
  [301_309, 'reactive_energy_export_partial'],
] as const;

/** PDU, and the PDU of the answer: E p.44. */
const FUNCTION_ROWS: readonly (readonly [what: string, request: string, answer: string])[] = [
  ['08 sub-function 0 comes back', '080000a537', '080000a537'],
  ['08 has no other sub-function', '08000a0000', '8801'],
  ['06 would write', '060fa00001', '8601'],
  ['16 would write', '100fa00001020001', '9001'],
  ['0x42 is a read of the vendor that nobody describes', '4200000001', 'c201'],
  ['at most 125 registers', '040050007e', '8403'],
  ['no register, no read', '0400500000', '8403'],
  ['nothing between the products and the letters', '0400030001', '8402'],
];

describe('the simulated meter, line by line of the manual', () => {
  let simulator: Simulator;
  const meter = () => simulator.meters[0]!;
  before(async () => {
    simulator = await startOneMeter(
      {
        bind: ADDRESS,
        enipPort: PROTOCOL_FACTS.enipPort.value,
        modbusPort: 0,
        catalogNumber: '1420-V2P-ENT',
        load: constantProfile(100_000),
      },
      { refreshMs: 60_000, modbusSuspendsEnipMs: 0 },
    );
  });
  after(() => simulator.close());

  describe('objects (section 2)', () => {
    let client: RawClient;
    let session: number;
    before(async () => {
      client = await RawClient.open(meter().port, ADDRESS);
      ({ session } = await client.ask(registerFrame()));
    });
    after(() => client.close());

    for (const [source, what, request, answer] of CIP_ROWS) {
      it(`${what} (${source})`, async () => {
        const response = cipResponseIn(await client.ask(unconnectedFrame(session, cipRequest(...request))));
        if (typeof answer === 'number') assert.deepEqual([response.generalStatus, response.data.length], [answer, 0]);
        else assert.deepEqual([response.generalStatus, response.data.toString('hex')], [0, answer]);
      });
    }
  });

  it('an independent EtherNet/IP client reads attributes 3 and 4 of every assembly (E p.81)', async () => {
    const controller = new Controller(false);
    await controller.connect(ADDRESS, 0, false);
    try {
      for (const [index, sizeBytes] of SIZES.entries()) {
        const size = await controller.getAttributeSingle(ASSEMBLY, 100 + index, 4);
        assert.equal(size.readUInt16LE(0), sizeBytes, `size of ${100 + index}`);
        assert.equal((await controller.getAttributeSingle(ASSEMBLY, 100 + index, 3)).length, sizeBytes);
      }
      // E p.49 Tables 9-10: 1420-V2 has the letter A; the low byte of a word comes first.
      const product = await controller.getAttributeSingle(ASSEMBLY, 100, 3);
      assert.equal(product.subarray(0, 6).toString('latin1'), '\x07A\x04A\0\0');
      // E p.82: instance 102 is 18 REALs, little-endian.
      const power = await controller.getAttributeSingle(ASSEMBLY, 102, 3);
      assert.equal(power.readFloatLE(12), 100_000);
      await assert.rejects(controller.setAttributeSingle(ASSEMBLY, 101, 3, Buffer.alloc(48)));
    } finally {
      await controller.disconnect().catch(() => undefined);
    }
  });

  describe('registers (section 4), by an independent Modbus client', () => {
    let client: ModbusRTU;
    before(async () => {
      client = new ModbusRTU();
      await client.connectTCP(ADDRESS, { port: meter().modbusPort! });
    });
    after(
      () =>
        new Promise<void>((resolve) => {
          client.close(() => {
            resolve();
          });
        }),
    );
    /** Offset of printed numbers: number - 300001 (4.1). */
    const words = async (register: number, count: number): Promise<readonly number[]> =>
      (await client.readInputRegisters(register - 300_001, count)).data;

    for (const [register, metric] of ENERGY) {
      it(`${metric} is the ULINT of ${register}, least significant word first (E p.57 Table 25, D p.43)`, async () => {
        const value = (await words(register, 4)).reduce((sum, word, index) => sum + word * 2 ** (16 * index), 0);
        assert.equal(value, Math.floor(meter().values()[metric] as number));
      });
    }

    it('run hours are hours x 100 + minutes at 301313 (E p.57 Table 25)', async () => {
      const value = (await words(301_313, 4)).reduce((sum, word, index) => sum + word * 2 ** (16 * index), 0);
      const hours = meter().values()['run_hours'] as number;
      assert.equal(Math.floor(value / 100), Math.floor(hours));
      assert.ok(value % 100 < 60 && Math.abs((value % 100) / 60 - (hours % 1)) <= 1 / 60);
    });

    it('functions 03 and 04 give the same (E p.44)', async () => {
      const holding = (await client.readHoldingRegisters(1280, 36)).data;
      assert.deepEqual(holding, await words(301_281, 36));
    });

    it('the base configuration is readable and in its printed ranges (E pp.57-60 Tables 26-31)', async () => {
      for (const { register, words: count, encoding, note = '', values } of REGISTERS) {
        if (register < 304_000 || register > 305_000) continue;
        const data = await words(register, count);
        const view = Buffer.alloc(4);
        view.writeUInt16BE(data[1] ?? 0, 0);
        view.writeUInt16BE(data[0] ?? 0, 2);
        const value = encoding === 'REAL' ? view.readFloatBE(0) : data[0]!;
        const [, low, high] = /^([\d.]+) to ([\d.]+)/.exec(note) ?? [];
        if (low !== undefined)
          assert.ok(value >= Number(low) && value <= Number(high), `${register}: ${value} (${note})`);
        if (values !== undefined) assert.ok(value < values.length, `${register}: ${value}`);
      }
      assert.deepEqual(await words(304_098, 1), [5]);
    });

    it('116387 tells the fitted modules: Ethernet Modbus and EtherNet/IP (D p.61 Table 32)', async () => {
      assert.deepEqual(await words(316_387, 1), [(1 << 3) | (1 << 8)]);
    });

    it('writes are refused, so that nothing changes (the real meter takes them)', async () => {
      await assert.rejects(client.writeRegister(4097, 0), { modbusCode: 1 });
      await assert.rejects(client.writeRegisters(4097, [0]), { modbusCode: 1 });
      assert.deepEqual(await words(304_098, 1), [5]);
    });

    it('there is one socket (Murrelektronik, section 6)', async () => {
      const second = connect({ host: ADDRESS, port: meter().modbusPort! });
      second.on('error', () => undefined);
      await once(second, 'close');
      assert.equal((await words(301_281, 4)).length, 4);
    });
  });

  for (const [what, request, answer] of FUNCTION_ROWS) {
    it(`function ${what} (E p.44)`, () => {
      const bench = new ModbusBench();
      assert.equal(Buffer.from(bench.target.handle(Buffer.from(request, 'hex'))).toString('hex'), answer);
    });
  }

  it('a broadcast over the serial line is not answered, nor is another unit (E p.44)', () => {
    const server = new ModbusRtuServer(new ModbusBench().target, 3);
    const asked = (unit: number) => server.push(withCrc(Buffer.from([unit, 8, 0, 0, 0xa5, 0x37])));
    assert.deepEqual([asked(0).length, asked(4).length], [0, 0]);
    assert.deepEqual(asked(3), [withCrc(Buffer.from([3, 8, 0, 0, 0xa5, 0x37]))]);
  });

  it('numbers of the quirks are those of the manual: 18 connections, 100 ms (E p.75, D p.78)', () => {
    assert.deepEqual([QUIRKS.assemblyConnections.value, QUIRKS.minimumRpiMs.value], [18, 100]);
  });
});
