import type { CsvFault } from './csv-faults';
import type { ReportNote } from './notes';
import type { ReportPeriod } from './period';
import type { ReportWords, Shown } from './report-words';

const gaps = (count: number): string => (count === 1 ? '1 gap' : `${count} gaps`);

const FAULTS: Readonly<Record<CsvFault, string>> = {
  cells: 'they have not as many cells as the first line, or no meter, and are left out; correct them',
  time_unreadable: 'their time cannot be read, and they are left out; write it such as 2026-10-01T00:15',
  time_skipped: 'clocks skip their time, and they are left out; give --csv-zone if the file is of another time zone',
  misaligned: 'they do not begin where intervals of the file do, and are left out; correct their times',
  number_unreadable: 'an energy is no number, and they are left out; correct them',
  negative:
    'an energy of one direction is negative, and they are left out; correct them, or name the column active_energy',
  conflict: 'another row has the same time and other energies, and neither counts; remove the wrong one',
  repeated: 'the same row is there twice, and counts once; nothing is to be done',
};

function note(of: ReportNote, { number, time, date }: Shown): string {
  switch (of.code) {
    case 'period_running':
      return `The period has not ended: figures are those until ${time(of.untilMs)}, and those beside them are of whole periods.`;
    case 'clock_change':
      return `Clocks change on ${date(of.dayMs)}, which has ${number(of.hours, Number.isInteger(of.hours) ? 0 : 1)} hours.`;
    case 'tariff_overlap':
      return `Rules of the tariff for ${of.names.join(' and ')} overlap for ${number(of.hours, 1)} h of the period, first on ${time(of.firstMs)}: the rule that stands first, ${of.names[0] ?? ''}, counts; correct the rules if that is not meant.`;
    case 'tariff_zone':
      return `The tariff is for the time zone ${of.tariffZone}: its price levels follow that one, days and months that of the report.`;
    case 'no_data':
      return 'The database has no energies of this meter in the period: check the name, whether pm500-normalize makes energy deltas, and "pm500 influx status".';
    case 'csv_gap':
      return `Of ${number(of.hours, 2)} h in ${gaps(of.count)} the file has no rows that count: that energy is not in the figures; add what is missing and make the report again.`;
    case 'csv_no_data':
      return 'The file has no energies of this meter in the period: check the name and the times of its rows.';
    case 'energy_partial':
      return `${ENGLISH.words[of.energy]} is known for ${number(of.percent, 1)} % of the time with figures: its sum is of that time alone; look since when its counter is read, or its cells are filled.`;
    case 'power_factor_partial':
      return `The power factor is of the ${number(of.percent, 1)} % of the time in which active and reactive import are both known: of the rest it says nothing.`;
    case 'power_factor_unknown':
      return 'There is no power factor: active and reactive import were never known at the same time.';
    case 'csv_rows':
      return `${of.count === 1 ? '1 row' : `${number(of.count)} rows`} of the file, the first in line ${number(of.line)}: ${FAULTS[of.fault]}.`;
    case 'csv_partial':
      return `Of ${of.count === 1 ? '1 quarter' : `${number(of.count)} quarters`} of an hour the file has a part only, or rows that contradict each other: they are left out; correct the rows and make the report again.`;
    case 'csv_interval':
      return `The intervals of the file have ${number(of.minutes)} minutes: energy is spread evenly over their quarters, and the true peak of a quarter can be higher.`;
    case 'gap_missing':
      return `Of ${number(of.hours, 2)} h in ${gaps(of.count)} nothing is known: that energy is not in the figures; look for the cause in the log of that time, and run "pm500 influx rollup" if an outbox drained late.`;
    case 'gap_estimated':
      return `In ${gaps(of.count)}, together ${number(of.hours, 2)} h, the meter was not read; what its counter had gained afterward, ${number(of.importKwh, 1)} kWh, is in the total and is spread evenly over that time.`;
    case 'energy_uncertain':
      return `${number(of.percent, 1)} % of the active import has quality uncertain: it was counted over a gap or a reset, or nobody has confirmed the layout of the meter yet.`;
    case 'tariff_estimated':
      return `Of ${number(of.estimatedKwh, 1)} kWh nobody knows at which price they were used: they were spread evenly over the gaps.`;
    case 'counter_back':
      return `The counter went from ${number(of.fromWh / 1000, 1)} to ${number(of.toWh / 1000, 1)} kWh on ${time(of.atMs)} (reset, another meter, or a clock that was set): the total adds up what it counted on both sides, so what it counted right before may be missing; compare with the meter.`;
    case 'counter_wrapped':
      return `The counter passed its largest value on ${time(of.atMs)}, from ${number(of.fromWh / 1000, 1)} to ${number(of.toWh / 1000, 1)} kWh: the total has the way over zero; nothing is to be done.`;
    case 'counter_replaced':
      return `The meter was replaced (another serial number) on ${time(of.firstMs)}: energies of both meters are added up, and what flowed during the exchange is in neither; add the readings of the protocol of the exchange by hand if they are needed.`;
    case 'counted_twice':
      return `From ${time(of.firstMs)} to ${time(of.lastMs)} energies add up to ${number(of.importKwh, 1)} kWh more than the counter gained: two programs wrote this meter, such as both sides of a failover; stop one of them, and take that energy off the total.`;
    case 'counter_started':
      return `Counting began on ${time(of.lastMs)} without an earlier reading (a first start, a state that was lost, or a kill or a power cut before it was saved): what was used since the reading before is in no figure; look into the log of that time.`;
    case 'counter_unconfirmed':
      return `From ${time(of.firstMs)} to ${time(of.lastMs)} a counter stood where no load explains it and waited for an answer: energy of that time may be missing; answer as docs/kpis.md says, then make the report again.`;
    case 'no_demand_windows':
      return 'There are no demand windows in the database: the peak is that of the energies of quarters of an hour; switch the KPI "demand" on.';
    case 'peak_uncertain':
      return 'Not all demand windows are there and wholly measured: the true peak can be higher.';
  }
}

function periodName({ kind, key }: ReportPeriod, month: string, from: string, to: string): string {
  if (kind === 'month') return month;
  return kind === 'week' ? `Week ${key.slice(-2)} of ${key.slice(0, 4)}, ${from} to ${to}` : `${from} to ${to}`;
}

export const ENGLISH: ReportWords = {
  locale: 'en-GB',
  words: {
    energyReport: 'Energy report',
    site: 'Site',
    meters: 'Meters',
    zone: 'Time zone',
    made: 'Made',
    whole: 'This period',
    figure: 'Figure',
    before: 'Period before',
    yearBefore: 'Year before',
    change: 'Change',
    activeImport: 'Active energy import',
    activeExport: 'Active energy export',
    reactiveImport: 'Reactive energy import',
    reactiveExport: 'Reactive energy export',
    peak: 'Peak demand',
    peakAt: 'End of its window',
    mean: 'Mean demand',
    average: 'Mean',
    loadFactor: 'Load factor',
    powerFactor: 'Power factor from energies',
    compensation: 'Compensation for the power factor of the contract',
    cost: 'Energy cost',
    coverage: 'Coverage: time that was read',
    read: 'Read',
    known: 'Time with known energy',
    days: 'Energy by day',
    day: 'Day',
    load: 'Load profile',
    duration: 'Load-duration curve',
    durationAxis: 'share of the time',
    tariff: 'Tariff',
    level: 'Price level',
    energy: 'Energy',
    price: 'Price per kWh',
    ofIt: 'of it estimated',
    supply: 'Supply',
    phase: 'Quantity',
    least: 'Least',
    greatest: 'Greatest',
    when: 'Quarter of the greatest',
    within: 'Within ±10 %',
    voltageUnbalance: 'Voltage unbalance',
    currentUnbalance: 'Current unbalance',
    frequency: 'Frequency',
    voltage: 'Voltage',
    alarms: 'Alarms',
    alarm: 'Alarm',
    severity: 'Severity',
    raised: 'Raised',
    first: 'First',
    last: 'Last',
    atEnd: 'At the end',
    active: 'active',
    ended: 'over',
    noAlarms: 'No alarm was raised.',
    gaps: 'Gaps',
    from: 'From',
    to: 'To',
    state: 'State',
    missing: 'missing',
    estimated: 'estimated',
    missingValues: 'Values that could not be read',
    reason: 'Reason',
    count: 'Count',
    notes: 'What to know of these figures',
    none: 'not known',
    total: 'Total',
    notSummed: 'Meters are not added up: one may be below another.',
    indicative:
      'Indicative: means of 15 minutes of a meter without a class for power quality, where EN 50160 asks for those of 10.',
    method: 'How figures are worked out',
    uncertain: 'uncertain',
    good: 'complete',
    quality: 'Quality',
  },
  severities: { info: 'info', warning: 'warning', critical: 'critical' },
  periodName,
  note,
  method: [
    'Energies are sums of what the counters added, by quarters of an hour; a quarter has what was read in it.',
    'The peak is the largest demand window that ended in the period. The load factor is mean demand by peak demand.',
    'The power factor is E / √(E² + Q²) of active and reactive import.',
    'Coverage is the share of quarters in which the counters were read; what was counted over a gap is marked as estimated.',
    'Cost is the energy of each price level times its price; fees, demand charges and taxes are not in it.',
  ],
};
