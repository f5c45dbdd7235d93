import type { Logger } from '../../support/logger';
import type { AbsentDevice } from './absent-queues';

const MS_PER_MINUTE = 60_000;
const MINUTES_PER_HOUR = 60;
/** Devices that one sentence names. */
const MOST_NAMED = 5;

function ageOf({ oldestAgeMs }: AbsentDevice): string {
  const minutes = Math.floor(oldestAgeMs / MS_PER_MINUTE);
  return minutes < MINUTES_PER_HOUR ? `${minutes} min` : `${Math.floor(minutes / MINUTES_PER_HOUR)} h`;
}

/** Says once of each device that is not there any more that values of it wait. */
export class AbsentReport {
  private told: ReadonlySet<string> = new Set();

  constructor(private readonly logger: Logger) {}

  /** @param absent devices that are not there now; one that was back in between is told anew */
  look(absent: readonly AbsentDevice[]): void {
    const news = absent.filter(({ deviceId }) => !this.told.has(deviceId));
    this.told = new Set(absent.map(({ deviceId }) => deviceId));
    if (news.length === 0) return;
    const named = news.slice(0, MOST_NAMED).map((device) => {
      const { deviceId, depth } = device;
      return `"${deviceId}" (${depth}, the oldest ${ageOf(device)} old)`;
    });
    const others = news.length > MOST_NAMED ? ` and ${news.length - MOST_NAMED} more` : '';
    this.logger.warn(
      `Sparkplug: stored readings wait for devices that are not there: ${named.join(', ')}${others}. They are sent when the device is published again, and dropped when they are too old; others do not wait for them.`,
    );
  }
}
