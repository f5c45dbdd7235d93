import assert from 'node:assert/strict';
import { silentLogger } from '../../../../src/support/logger';
import { systemClock } from '../../../../src/support/clock';
import { seededRandom } from '../../../../src/support/random';
import type { Simulator } from '../../../../src/simulator/simulator';
import {
  CIP_CLASS,
  CONNECTION_SERVICE,
  decodeCipRequest,
  SERVICE,
} from '../../../../src/transport/ethernet-ip/wire/cip';
import { createConnectedTransport } from '../../../../src/transport/ethernet-ip/explicit/connected';
import { decodeConnected } from '../../../../src/transport/ethernet-ip/wire/connected-message';
import { decodeUnconnected } from '../../../../src/transport/ethernet-ip/wire/cpf';
import { decodeCyclicFrame } from '../../../../src/transport/ethernet-ip/wire/cyclic-frame';
import { DatagramRegistry } from '../../../../src/transport/ethernet-ip/implicit/datagram-registry';
import {
  openDatagramSocket,
  type DatagramSocket,
  type OpenDatagramSocket,
} from '../../../../src/transport/ethernet-ip/implicit/datagram-socket';
import { COMMAND, decodeFrame } from '../../../../src/transport/ethernet-ip/wire/encapsulation';
import { createExplicitTransport } from '../../../../src/transport/ethernet-ip/explicit/explicit';
import { decodeForwardClose } from '../../../../src/transport/ethernet-ip/wire/forward-close';
import { decodeForwardOpen } from '../../../../src/transport/ethernet-ip/wire/forward-open';
import { createImplicitTransport } from '../../../../src/transport/ethernet-ip/implicit/implicit';
import { connectTcp, type Connect } from '../../../../src/transport/ethernet-ip/session/socket';
import { ASSEMBLIES } from '../../../../src/meters/pm500/assemblies';
import type { AssemblyBlock, Transport } from '../../../../src/transport/transport';
import { PM500 } from '../../../../src/meters/pm500';
import { startOneMeter } from '../../../../testkit/simulator/one-meter';

/** What one frame asks for, as a line of the closed list; throws for whatever is not on it. */
function nameRequest(bytes: Buffer): string {
  const { command, data } = decodeFrame(bytes);
  switch (command) {
    case COMMAND.registerSession:
      return 'Register Session';
    case COMMAND.unRegisterSession:
      return 'UnRegister Session';
    case COMMAND.sendRrData:
      return nameCip(decodeUnconnected(data).message);
    case COMMAND.sendUnitData:
      return `connected ${nameCip(decodeConnected(data).message)}`;
    default:
      throw new Error(`command 0x${command.toString(16)} left`);
  }
}

function nameCip(message: Buffer): string {
  const { service, path, data } = decodeCipRequest(message);
  if (path.classId === CIP_CLASS.connectionManager) return nameConnection(service, data);
  assert.equal(data.length, 0, 'a read carries no data');
  assert.ok(path.classId === CIP_CLASS.identity || path.classId === CIP_CLASS.assembly, `class ${path.classId}`);
  if (service === SERVICE.getAttributeSingle) return 'Get_Attribute_Single';
  assert.equal(service, SERVICE.getAttributesAll);
  return 'Get_Attributes_All';
}

function nameConnection(service: number, data: Buffer): string {
  if (service === CONNECTION_SERVICE.forwardClose) {
    decodeForwardClose(data);
    return 'Forward Close';
  }
  assert.equal(service, CONNECTION_SERVICE.forwardOpen);
  const { path, originatorToTarget, targetToOriginator, transport } = decodeForwardOpen(data);
  assert.equal(path.configurationWords, 0, 'no configuration is sent');
  assert.ok(!originatorToTarget.redundantOwner && !targetToOriginator.redundantOwner);
  if (path.classId === 2) {
    assert.deepEqual([transport & 0x0f, path.points], [3, []]);
    return 'Forward Open of class 3';
  }
  assert.deepEqual([path.classId, transport], [CIP_CLASS.assembly, 0x01]);
  assert.equal(originatorToTarget.sizeBytes, 2, 'O->T holds a sequence count and nothing else');
  assert.ok(targetToOriginator.rpiMicroseconds >= 100_000);
  const name = new Map([
    [98, 'Input Only'],
    [99, 'Listen Only'],
  ]).get(path.points[0] ?? 0);
  assert.ok(name !== undefined, `consuming point ${path.points[0]} belongs to an owner`);
  return `Forward Open of ${name}`;
}

describe('law of the wire: nothing leaves over EtherNet/IP but the closed list', () => {
  let simulator: Simulator;
  const left = new Map<string, number>();
  const note = (name: string): void => void left.set(name, (left.get(name) ?? 0) + 1);

  const connect: Connect = (host, port, onBytes) => {
    const socket = connectTcp(host, port, onBytes);
    const write = socket.write.bind(socket);
    const end = socket.end.bind(socket);
    return Object.assign(socket, {
      write: (frame: Parameters<typeof write>[0]): unknown => {
        note(nameRequest(Buffer.from(frame)));
        return write(frame);
      },
      end: (frame: Parameters<typeof end>[0]): unknown => {
        note(nameRequest(Buffer.from(frame)));
        return end(frame);
      },
    });
  };
  const openDatagrams: OpenDatagramSocket = (share) => {
    const socket: DatagramSocket = openDatagramSocket(share);
    const send = socket.send.bind(socket);
    return Object.assign(socket, {
      send: (...sent: Parameters<typeof send>): unknown => {
        assert.equal(decodeCyclicFrame(Buffer.from(sent[0])).data.length, 0, 'a heartbeat holds no data');
        note('heartbeat');
        return send(...sent);
      },
    });
  };

  before(async () => {
    simulator = await startOneMeter();
  });
  after(() => simulator.close());

  it('while every transport reads every assembly of a meter', async () => {
    const settings = {
      host: '127.0.0.1',
      port: simulator.meters[0]!.port,
      connectTimeoutMs: 4000,
      replyTimeoutMs: 4000,
    };
    const dependencies = {
      clock: systemClock,
      logger: silentLogger,
      random: seededRandom(3),
      connect,
      openDatagramSocket: openDatagrams,
      datagrams: new DatagramRegistry(),
    };
    const implicit = (mode: 'input-only' | 'listen-only'): Transport =>
      createImplicitTransport(PM500, { ...settings, mode, rpiMs: 100, receivePort: 0 }, dependencies);
    const transports = [
      createExplicitTransport(settings, dependencies),
      createConnectedTransport(settings, dependencies),
      implicit('input-only'),
    ];
    const blocks = ASSEMBLIES.map(({ instance, sizeBytes }): AssemblyBlock => ({
      kind: 'assembly',
      instance,
      sizeBytes,
    }));
    for (const transport of transports) {
      await transport.open();
      await transport.identify();
      for (const block of blocks) assert.equal((await transport.read(block)).length, block.sizeBytes);
    }
    const listener = implicit('listen-only');
    await listener.open();
    for (const block of blocks.slice(0, 8)) await listener.read(block);
    for (const transport of [listener, ...transports]) await transport.close();
    assert.deepEqual([...left.keys()].sort(), [
      'Forward Close',
      'Forward Open of Input Only',
      'Forward Open of Listen Only',
      'Forward Open of class 3',
      'Get_Attribute_Single',
      'Get_Attributes_All',
      'Register Session',
      'UnRegister Session',
      'connected Get_Attribute_Single',
      'connected Get_Attributes_All',
      'heartbeat',
    ]);
    assert.deepEqual(
      Object.keys(simulator.meters[0]!.stats.services).map(Number),
      [
        SERVICE.getAttributesAll,
        SERVICE.getAttributeSingle,
        CONNECTION_SERVICE.forwardClose,
        CONNECTION_SERVICE.forwardOpen,
      ],
      'the meter saw these services and no others',
    );
    assert.deepEqual(simulator.meters[0]!.connections, []);
  });
});
