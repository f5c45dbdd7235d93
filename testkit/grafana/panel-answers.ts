import { DATABASE } from '../../src/influx/tiers/plan';
import type { InfluxDb, QuerySeries } from '../servers/influxdb';
import { interpolate, type Choices } from './interpolate';
import { queriesNamed, type PanelQuery } from './panels';
import { SITE } from './plant-site';

/** What a person of this site enters at the top. */
export const NOMINAL: Choices = { nominal_voltage: String(SITE.volts), nominal_frequency: String(SITE.hertz) };

/** Whether anything of it would be drawn. */
export const isFilled = ({ values }: QuerySeries): boolean =>
  values.some(([, ...cells]) => cells.some((cell) => cell !== null && cell !== ''));

/** What InfluxDB answers to the panels of dashboards that are opened at noon of the site. */
export class PanelAnswers {
  constructor(private readonly database: InfluxDb) {}

  run(query: PanelQuery, choices: Choices = {}): Promise<readonly QuerySeries[]> {
    return this.database.query(interpolate(query, { ...NOMINAL, ...choices }, SITE.nowMs), DATABASE);
  }

  /**
   * One query of a panel.
   * @throws Error where no dashboard has it
   */
  async ask(uid: string, title: string, place = 0, choices: Choices = {}): Promise<readonly QuerySeries[]> {
    const query = queriesNamed(uid, title)[place];
    if (query === undefined) throw new Error(`${uid}: ${title} has no query ${place}.`);
    return this.run(query, choices);
  }

  /** Time and value of each bar of the first meter. */
  async bars(uid: string, title: string, choices: Choices = {}): Promise<ReadonlyMap<number, number>> {
    const [series] = await this.ask(uid, title, 0, choices);
    return new Map(series?.values.map(([time, value]) => [Number(time), Number(value)]));
  }
}
