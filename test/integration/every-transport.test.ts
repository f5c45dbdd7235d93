import assert from 'node:assert/strict';
import { connectAsync, type MqttClient } from 'mqtt';
import { TRANSPORT_KINDS, type TransportKind } from '../../src/acquisition/transport-kinds';
import { TELEMETRY, type Telemetry } from '../../src/domain/messages/telemetry';
import { ModbusRtuServer } from '../../src/simulator/modbus/modbus-rtu-server';
import { SimulatedSerialServer } from '../../src/simulator/modbus/serial-server';
import { silentLogger } from '../../src/support/logger';
import { ModbusBench } from '../../testkit/simulator/modbus-bench';
import type { FlowEntry } from '../../testkit/node-red/node-red-admin';
import { startPipeline, type Pipeline } from '../../testkit/node-red/pipeline';
import { freePort } from '../../testkit/servers/ports';
import { openPseudoTerminal, type PseudoTerminal } from '../../testkit/meters/pseudo-terminal';
import { entryOf } from '../../testkit/node-red/reference-flows';
import { waitFor } from '../../testkit/wait';

const UNIT = 3;

describe('one flow over every transport, chosen in pm500-meter', () => {
  let pipeline: Pipeline;
  let client: MqttClient;
  let terminal: PseudoTerminal;
  let serialServer: SimulatedSerialServer;
  let received: Telemetry[] = [];

  before(async () => {
    pipeline = await startPipeline();
    client = await connectAsync(pipeline.broker.url);
    client.on('message', (_topic, payload) => {
      received.push(TELEMETRY.parse(JSON.parse(payload.toString())));
    });
    terminal = await openPseudoTerminal();
    const server = new ModbusRtuServer(new ModbusBench().target, UNIT);
    const behind = [new ModbusRtuServer(new ModbusBench().target, UNIT)];
    serialServer = await SimulatedSerialServer.open('127.0.0.1', 0, behind, silentLogger);
    terminal.line.stdout.on('data', (chunk: Buffer) => {
      for (const reply of server.push(chunk)) terminal.line.stdin.write(reply);
    });
  });

  after(async () => {
    await client.endAsync(true);
    await pipeline.stop();
    await terminal.close();
    await serialServer.close();
  });

  /** The flow as it is imported, but for the transport in the meter's settings and what the simulated meter offers for it. */
  const flowOver = async (transport: TransportKind): Promise<readonly FlowEntry[]> => {
    const modbusPort = await freePort();
    return (await pipeline.flow('flows', 'assembly-to-mqtt.json')).map((entry) => {
      // Listening needs a PLC; Modbus would be refused beside one.
      if (entry.type === 'pm500-sim')
        return { ...entry, plc: transport === 'listen-only', modbusPort: String(modbusPort) };
      if (entry.type === 'pm500-poll') return { ...entry, groups: ['energy', 'status'] };
      if (entry.type !== 'pm500-meter') return entry;
      const serial = { serialPath: terminal.path, unitId: UNIT, baudRate: 115_200 };
      return {
        ...entry,
        transport,
        rpiMs: 200,
        allowInputOnly: true,
        modbusPort,
        ...(transport === 'modbus-rtu' ? serial : {}),
        ...(transport === 'modbus-rtu-tcp' ? { modbusPort: serialServer.port, unitId: UNIT } : {}),
      };
    });
  };

  for (const transport of TRANSPORT_KINDS) {
    it(`${transport} brings the same metrics to the same place`, async () => {
      const flow = await flowOver(transport);
      await client.subscribeAsync(String(entryOf(flow, 'mqtt out')['topic']));
      await pipeline.nodeRed.admin.deploy([]);
      received = [];
      await pipeline.nodeRed.admin.deploy(flow);
      const telemetry = await waitFor('readings without a bad value', () => {
        const whole = received.filter(({ metrics }) =>
          Object.values(metrics).every(({ quality }) => quality !== 'bad'),
        );
        return whole.length >= 3 && whole.at(-1);
      });
      const names = Object.keys(telemetry.metrics);
      for (const name of ['active_energy_import_total', 'run_hours', 'alarm_1', 'output_2']) {
        assert.ok(names.includes(name), `${name} of ${names.join(', ')}`);
      }
      assert.equal(telemetry.meter.transport, transport);
    });
  }
});
