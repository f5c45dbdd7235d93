import type { MetricSample } from './metrics';
import type { EdgeSession } from './session';

/** One publisher among those that share an edge node. */
export interface DeviceUser {
  /** Publishes values of a device. @throws Pm500Error SPARKPLUG_ID_INVALID, SPARKPLUG_VALUE_INVALID */
  publish(deviceId: string, samples: readonly MetricSample[]): void;
  /** Lets go of its devices: those that nobody else publishes are gone (DDEATH). May be called twice. */
  close(): void;
}

/** Who publishes which device of an edge node. */
export class DeviceUsers {
  readonly #session: Pick<EdgeSession, 'publish' | 'remove'>;
  readonly #users = new Map<string, Set<DeviceUser>>();

  constructor(session: Pick<EdgeSession, 'publish' | 'remove'>) {
    this.#session = session;
  }

  /** A new publisher, without devices at first. */
  open(): DeviceUser {
    const devices = new Set<string>();
    const user: DeviceUser = {
      publish: (deviceId, samples) => {
        this.#session.publish(deviceId, samples);
        if (devices.has(deviceId)) return;
        devices.add(deviceId);
        const users = this.#users.get(deviceId) ?? new Set();
        this.#users.set(deviceId, users.add(user));
      },
      close: () => {
        for (const deviceId of devices) this.#release(deviceId, user);
        devices.clear();
      },
    };
    return user;
  }

  #release(deviceId: string, user: DeviceUser): void {
    const users = this.#users.get(deviceId);
    users?.delete(user);
    if (users?.size !== 0) return;
    this.#users.delete(deviceId);
    this.#session.remove(deviceId);
  }
}
