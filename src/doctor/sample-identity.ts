/** Names that the reference flows bear: of meters, of their tags, and of the Sparkplug group. */
export const SAMPLE_IDENTITY: readonly string[] = ['main-incomer', 'steel-works', 'rolling-mill', 'incoming-feeder'];
