import {
  CIP_CLASS,
  CONNECTION_SERVICE,
  decodeCipRequest,
  encodeCipResponse,
} from '../../transport/ethernet-ip/wire/cip';
import type { CpfItem, ReceivedCpfItem } from '../../transport/ethernet-ip/wire/cpf';
import { CIP_STATUS } from '../../transport/ethernet-ip/wire/status';
import { Pm500Error } from '../../support/errors';
import { createObjects, type CipObject } from './cip-objects';
import type { Caller, ConnectionObject } from './connection-object';
import type { SimulatedMeter } from '../model/simulated-meter';
import type { StatsRecorder } from '../stats';
import type { WireFaults } from '../faults/wire-faults';

/** A request by SendRRData: where it comes from and what came with it. */
export interface UnconnectedRequest {
  readonly message: Buffer;
  readonly items: readonly ReceivedCpfItem[];
  readonly caller: Caller;
}

/** A response and the items that go with it. */
export interface UnconnectedResponse {
  readonly message: Buffer;
  readonly items: readonly CpfItem[];
}

/** Sends each CIP request to the object that its path names (the Message Router of a device). */
export class CipTarget {
  private readonly objects: ReadonlyMap<number, CipObject>;

  constructor(
    meter: SimulatedMeter,
    private readonly stats: StatsRecorder,
    private readonly connections?: ConnectionObject,
    private readonly faults?: WireFaults,
  ) {
    this.objects = createObjects(meter, (instance) => {
      stats.noteRead(instance);
    });
  }

  /** Answers any bytes that came by SendRRData, the only way to open and close connections; never throws. */
  handleUnconnected({ message, items, caller }: UnconnectedRequest): UnconnectedResponse {
    const { connections } = this;
    if (connections === undefined || !asksForConnection(message)) return { message: this.handle(message), items: [] };
    const request = decodeCipRequest(message);
    this.stats.noteService(request.service);
    const fault =
      request.service === CONNECTION_SERVICE.forwardOpen ? this.faults?.cipAnswer('connections') : undefined;
    const { answer, items: more } =
      fault === undefined ? connections.handle(request, caller, items) : { answer: fault, items: [] };
    if ((answer.generalStatus ?? 0) !== 0) this.stats.noteRefusal();
    return { message: encodeCipResponse({ service: request.service, ...answer }), items: more };
  }

  /** Answers any bytes with a CIP response; never throws. */
  handle(message: Buffer): Buffer {
    try {
      const request = decodeCipRequest(message);
      this.stats.noteService(request.service);
      const object = this.objects.get(request.path.classId);
      const purpose = request.path.classId === CIP_CLASS.assembly ? 'reads' : 'other';
      const answer = this.faults?.cipAnswer(purpose) ??
        object?.handle(request) ?? { generalStatus: CIP_STATUS.pathDestinationUnknown };
      if ((answer.generalStatus ?? 0) !== 0) this.stats.noteRefusal();
      return encodeCipResponse({ service: request.service, ...answer });
    } catch (thrown) {
      this.stats.noteRefusal();
      const { generalStatus, service } = thrown instanceof Pm500Error ? thrown.details : {};
      return encodeCipResponse({
        service: typeof service === 'number' ? service : 0,
        generalStatus: typeof generalStatus === 'number' ? generalStatus : CIP_STATUS.pathSegmentError,
      });
    }
  }
}

function asksForConnection(message: Buffer): boolean {
  try {
    return decodeCipRequest(message).path.classId === CIP_CLASS.connectionManager;
  } catch {
    return false;
  }
}
