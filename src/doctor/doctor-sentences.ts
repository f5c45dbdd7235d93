import { sentences } from '../support/sentence';

/** What is said of a check, whichever it is. */
export const DOCTOR_SENTENCES = sentences('doctor', {
  more: 'And {count} more like these.',
  notSeen: 'Not looked at: {reason}.',
  notSeenFor: 'Not looked at: {reason}',
  broken: '{problem}.',
  /** A sentence about a node of the flows. */
  ofNode: '{label}: {problem}',
});
