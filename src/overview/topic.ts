/** The topic of the overview on the channel between Node-RED and its editor, in both directions. */
export const OVERVIEW_TOPIC = 'pm500/overview';
