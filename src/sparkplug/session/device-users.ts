import type { Acceptance } from '../history/history';
import type { MetricSample } from '../metrics/metrics';
import type { EdgeSession } from './session';

/** One publisher among those that share an edge node. */
export interface DeviceUser {
  /**
   * Publishes values of a device, and gives what tells when they cannot be lost any more, see `EdgeSession.watch`.
   * @param isLost whether the meter is lost; undefined: as before
   * @throws Pm500Error SPARKPLUG_ID_INVALID, SPARKPLUG_VALUE_INVALID, SPARKPLUG_OFFLINE; then nothing of them was taken
   */
  publish(deviceId: string, samples: readonly MetricSample[], isLost?: boolean): Acceptance;
  /** Lets go of its devices: those that nobody else publishes are gone (DDEATH). May be called twice. */
  close(): void;
}

/** Who publishes which device of an edge node. */
export class DeviceUsers {
  private readonly session: Pick<EdgeSession, 'watch' | 'publish' | 'remove'>;
  private readonly users = new Map<string, Set<DeviceUser>>();

  constructor(session: Pick<EdgeSession, 'watch' | 'publish' | 'remove'>) {
    this.session = session;
  }

  /** A new publisher, without devices at first. */
  open(): DeviceUser {
    const devices = new Set<string>();
    const user: DeviceUser = {
      publish: (deviceId, samples, isLost) => {
        const accepted = this.session.watch(deviceId);
        this.session.publish(deviceId, samples, isLost);
        devices.add(deviceId);
        this.users.set(deviceId, (this.users.get(deviceId) ?? new Set()).add(user));
        return accepted;
      },
      close: () => {
        for (const deviceId of devices) this.release(deviceId, user);
        devices.clear();
      },
    };
    return user;
  }

  private release(deviceId: string, user: DeviceUser): void {
    const users = this.users.get(deviceId);
    users?.delete(user);
    if (users?.size !== 0) return;
    this.users.delete(deviceId);
    this.session.remove(deviceId);
  }
}
