import { createSocket, type Socket as DatagramSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:net';
import { linkKeyOf } from '../src/acquisition/meter-address';
import { settingsOf } from '../src/acquisition/meter-settings';
import { phaseOf } from '../src/acquisition/poll-schedule';
import { ASSEMBLIES } from '../src/meters/pm500/assemblies';
import { QUIRKS } from '../src/meters/pm500/quirks';
import { CYCLIC_OFFSET } from '../src/transport/ethernet-ip/wire/cyclic-frame';
import {
  COMMAND,
  encodeFrame,
  encodeRegisterSession,
  HEADER_OFFSET,
} from '../src/transport/ethernet-ip/wire/encapsulation';
import { Originator } from '../src/transport/ethernet-ip/session/originator';
import {
  forwardOpenRequest,
  heartbeatFrame,
  patchHeartbeat,
  unconnectedRequests,
} from '../src/transport/ethernet-ip/wire/requests';
import { INTERVAL_MS, addressOf, type MeterCycles, type MetersJob, type RunningMeters } from './meters-job';
import { PM500 } from '../src/meters/pm500';
import { connectionPointsOf } from '../src/transport/ethernet-ip/wire/connection-parameters';

/* The least that gets the same data at the same times: prepared requests, nothing checked, nothing decoded or kept. */

const ATTRIBUTE_DATA = 3;
const PORT = QUIRKS.enipPort.value;

type Exchange = (frame: Buffer) => Promise<Buffer>;

/** One request on the wire at a time; whatever arrives is its reply. */
async function open(host: string): Promise<{ readonly session: number; readonly exchange: Exchange }> {
  const buffer = Buffer.alloc(4096);
  let resolveReply: (reply: Buffer) => void = () => undefined;
  const callback = (count: number): boolean => {
    resolveReply(buffer.subarray(0, count));
    return true;
  };
  const socket = connect({ host, port: PORT, noDelay: true, onread: { buffer, callback } });
  await once(socket, 'connect');
  const exchange: Exchange = (frame) =>
    new Promise((resolve) => {
      resolveReply = resolve;
      socket.write(frame);
    });
  const reply = await exchange(encodeFrame({ command: COMMAND.registerSession, data: encodeRegisterSession() }));
  return { session: reply.readUInt32LE(HEADER_OFFSET.session), exchange };
}

function everyInterval(phaseMs: number, cycle: () => void): void {
  const now = Date.now();
  const slot = (Math.floor((now - phaseMs) / INTERVAL_MS) + 1) * INTERVAL_MS + phaseMs;
  setTimeout(
    () => {
      everyInterval(phaseMs, cycle);
      cycle();
    },
    slot - now + 1,
  );
}

async function pollExplicit(index: number, phaseMs: number, cycles: MeterCycles, onMissed: () => void): Promise<void> {
  const { session, exchange } = await open(addressOf(index));
  const requests = ASSEMBLIES.map(({ instance }) =>
    unconnectedRequests(session).readAssembly(instance, ATTRIBUTE_DATA),
  );
  let isBusy = false;
  everyInterval(phaseMs, () => {
    if (isBusy) {
      onMissed();
      return;
    }
    isBusy = true;
    cycles.begin(phaseMs);
    void (async () => {
      for (const request of requests) await exchange(request);
      isBusy = false;
      cycles.end(index, requests.length, 0);
    })();
  });
}

/** Connection id to the index of its meter. */
type Owners = Map<number, number>;

async function pollImplicit(
  index: number,
  phaseMs: number,
  cycles: MeterCycles,
  { datagrams, owners, originator }: { datagrams: DatagramSocket; owners: Owners; originator: Originator },
): Promise<void> {
  const host = addressOf(index);
  const { session, exchange } = await open(host);
  const heartbeats: ReturnType<typeof heartbeatFrame>[] = [];
  for (const { instance, sizeBytes } of ASSEMBLIES) {
    const ids = originator.nextIds();
    const targetToOriginatorId = originator.nextConnectionId();
    const connection = {
      kind: 'input-only',
      instance,
      sizeBytes,
      delivery: 'point-to-point',
      ...connectionPointsOf(PM500, 'input-only'),
    } as const;
    const request = { ...ids, targetToOriginatorId, rpiMicroseconds: INTERVAL_MS * 1000, timeoutMultiplierCode: 3 };
    await exchange(forwardOpenRequest(session, { ...request, connection }));
    owners.set(targetToOriginatorId, index);
    heartbeats.push(heartbeatFrame(ids.connectionSerial));
  }
  let sequence = 0;
  everyInterval(phaseMs, () => {
    sequence++;
    cycles.begin(phaseMs);
    for (const heartbeat of heartbeats) {
      patchHeartbeat(heartbeat, sequence);
      datagrams.send(heartbeat, QUIRKS.implicitPort.value, host);
    }
  });
}

async function openDatagrams(owners: Owners, cycles: MeterCycles): Promise<DatagramSocket> {
  const datagrams = createSocket({
    type: 'udp4',
    lookup: (address, _options, callback) => {
      callback(null, address, 4);
    },
  });
  datagrams.on('message', (bytes) => {
    const owner = owners.get(bytes.readUInt32LE(CYCLIC_OFFSET.connectionId));
    if (owner !== undefined) cycles.end(owner, 1, 0);
  });
  // The lookup answers at once, so the event may come before `bind` returns.
  const listening = once(datagrams, 'listening');
  datagrams.bind(QUIRKS.implicitPort.value, '127.0.0.1');
  await listening;
  datagrams.setRecvBufferSize(4 * 1024 * 1024);
  return datagrams;
}

/** Reads meters by the bare loop. */
export async function runBare({ meters, transport }: MetersJob, cycles: MeterCycles): Promise<RunningMeters> {
  let missed = 0;
  const owners: Owners = new Map();
  const shared =
    transport === 'ucmm'
      ? undefined
      : { datagrams: await openDatagrams(owners, cycles), owners, originator: new Originator(Math.random) };
  for (let index = 0; index < meters; index++) {
    const host = addressOf(index);
    const phaseMs = phaseOf(linkKeyOf(settingsOf(PM500, { name: host, host })), INTERVAL_MS);
    if (shared === undefined) {
      await pollExplicit(index, phaseMs, cycles, () => {
        missed++;
      });
    } else await pollImplicit(index, phaseMs, cycles, shared);
  }
  return { missed: () => missed };
}
