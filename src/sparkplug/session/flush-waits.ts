import { Pm500Error } from '../../support/errors';

/** Values came for a session that has ended for good. */
export function closedBefore(deviceId: string): Pm500Error {
  const message = `Sparkplug: the edge node was closed before values of device "${deviceId}" came; send them again.`;
  return new Pm500Error('SPARKPLUG_OFFLINE', message, { retryable: true });
}

/** Waits for a device to have nothing left that has neither been published nor been given to store and forward. */
export class FlushWaits {
  private readonly hasPending: (deviceId: string) => boolean;
  private readonly waiters = new Map<string, (() => void)[]>();

  constructor(hasPending: (deviceId: string) => boolean) {
    this.hasPending = hasPending;
  }

  /** Resolves when nothing that the device has now waits any more; undefined where that is so already. */
  wait(deviceId: string): Promise<void> | undefined {
    if (!this.hasPending(deviceId)) return undefined;
    return new Promise((resolve) => {
      const waiters = this.waiters.get(deviceId) ?? [];
      this.waiters.set(deviceId, waiters);
      waiters.push(resolve);
    });
  }

  /** To be called whenever something may have been published or given out. */
  look(): void {
    for (const [deviceId, waiters] of this.waiters) {
      if (this.hasPending(deviceId)) continue;
      this.waiters.delete(deviceId);
      for (const resolve of waiters) resolve();
    }
  }
}
