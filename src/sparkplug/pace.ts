/** How fast history may go; live data is not held back by it. */
export interface PaceLimits {
  readonly valuesPerSecond: number;
  /** No limit where absent. */
  readonly messagesPerSecond?: number;
  /** Of MQTT messages; no limit where absent. */
  readonly bytesPerSecond?: number;
}

/** What was sent. */
export interface Load {
  readonly values: number;
  readonly messages: number;
  readonly bytes: number;
}

/** How long a load has to last, milliseconds, and whether the number of messages decides that. */
export function paceOf(
  { values, messages, bytes }: Load,
  { valuesPerSecond, messagesPerSecond = Infinity, bytesPerSecond = Infinity }: PaceLimits,
): { readonly dueMs: number; readonly isMessageBound: boolean } {
  const byMessages = (messages * 1000) / messagesPerSecond;
  const byOthers = Math.max((values * 1000) / valuesPerSecond, (bytes * 1000) / bytesPerSecond);
  return { dueMs: Math.max(byMessages, byOthers), isMessageBound: byMessages > byOthers };
}
