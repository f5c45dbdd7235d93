import { CHOSEN_TAGS } from './influx';
import type { Query } from './panel';

/** PromQL of panels, over what the metrics page of Node-RED says. */

/** The meters that a person has chosen; where everything is chosen, also those without the tag. */
export const CHOSEN_METERS = `{${CHOSEN_TAGS.map((tag) => `${tag}=~"$${tag}"`).join(',')}}`;

/**
 * The demand that the contract of each meter allows, W, as a line over the whole time: what was told last in it, as a database
 * of metrics seldom keeps more than weeks.
 */
export const CONTRACT_LINE: Query = {
  language: 'promql',
  text: `min by (meter) (last_over_time(pm500_contract_demand_watts${CHOSEN_METERS}[1d] @ end()))`,
  alias: '{{meter}} contract',
  asLine: true,
};

/** What a panel says that draws this line. */
export const OF_CONTRACT =
  'The line is the contract demand that is set in pm500-normalize, as the metrics page told it last; without it, there is none.';
