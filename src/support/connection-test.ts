import type { ErrorCode } from './errors';
import type { Sentence } from './sentence';

/** How a test of another system went, for whoever fills in its settings. */
export interface ConnectionTest {
  /** True where it would take what is sent. */
  readonly isWelcome: boolean;
  /** True where it would, and something else has to happen first. */
  readonly isWaiting?: boolean;
  /** Absent where it is welcome. */
  readonly code?: ErrorCode;
  /** Who answers, or what is the matter and what to do. */
  readonly sentence: Sentence;
  /** What else is worth knowing, a sentence each. */
  readonly notes: readonly Sentence[];
  /** What a first message would be. Nothing of it was sent. */
  readonly preview: readonly string[];
}
