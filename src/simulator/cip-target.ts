import { decodeCipRequest, encodeCipResponse } from '../transport/ethernet-ip/cip';
import { CIP_STATUS } from '../transport/ethernet-ip/status';
import { Pm500Error } from '../support/errors';
import { createObjects, type CipObject } from './cip-objects';
import type { SimulatedMeter } from './simulated-meter';
import type { StatsRecorder } from './stats';

/** Sends each unconnected CIP request to the object that its path names (the Message Router of a device). */
export class CipTarget {
  private readonly objects: ReadonlyMap<number, CipObject>;

  constructor(
    meter: SimulatedMeter,
    private readonly stats: StatsRecorder,
  ) {
    this.objects = createObjects(meter, (instance) => {
      stats.noteRead(instance);
    });
  }

  /** Answers any bytes with a CIP response; never throws. */
  handle(message: Buffer): Buffer {
    try {
      const request = decodeCipRequest(message);
      this.stats.noteService(request.service);
      const object = this.objects.get(request.path.classId);
      const answer = object?.handle(request) ?? { generalStatus: CIP_STATUS.pathDestinationUnknown };
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
