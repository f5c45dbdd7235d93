import { plain, sentences, type Sentence } from '../../support/sentence';

/** What relations say: how one metric follows from others, and how far it is off; {off} may be empty. */
export const RELATION_SENTENCES = sentences('layoutRelation', {
  holds: '{metric} {value} is {formula}{off}.',
  broken: '{metric} {value} is not {formula}{off}.',
  unclear: '{metric} {value} is not clearly {formula}{off}.',
  withNumber: '{formula} ({number})',
  off: '; off by {share} over {count} readings',
  offOf: '; off by {share} of {size} over {count} readings',
  tiny: 'less than 0.01 %',
  largestCurrent: 'the largest phase current',
  meanNeutral: 'the mean of the voltages to neutral',
  meanLines: 'the mean of the voltages between lines',
  rootOfNeutral: 'sqrt(3) x the voltage to neutral',
  at120: 'what {first} and {second} give at 120 degrees',
  at120or180: 'what {first} and {second} give at 120 or 180 degrees',
  mostSum: 'at most the sum of the phase currents',
  leastDifference: 'at least the difference of the phase currents',
  vectorSum: 'the vector sum of the phase currents',
  sum: 'the sum over the phases',
  thriceL1: '3 x that of L1',
  onceL1: 'that of L1',
  apparent: 'sqrt(W^2 + var^2)',
  factor: 'W / VA, whatever its sign',
  frequency: 'between 40 and 70 Hz',
  product: '{volts} x {amperes}',
  mostProduct: 'at most {volts} x {amperes}',
  rootOfMean: 'sqrt(3) x {volts} x the mean of the currents',
  sequence: 'one of {codes}',
  least: 'at least {metric}',
  mostFrequency: 'at most 70 Hz',
  mostOne: 'at most 1',
});

/** What is said of places, scales, wiring and what was seen of them. */
export const LAYOUT_SENTENCES = sentences('layout', {
  list: '{first}, {rest}',
  both: '{first} {second}',
  pair: '{first} and {second}',
  either: '{first}, or {second}',
  outside: '{metric} {value} is outside {min} to {max}.',
  exchanged: '{seen} It would fit if {pairs} were exchanged.',
  first: 'What is contradicted must be put right first.',
  unproven: 'Nothing that was read so far proves this place.',
  alike: 'The values do not yet tell it from {metrics}.',
  manual: 'Read in the manual: {source}.',
  notMeasured: 'Wiring {mode} does not measure it.',
  alikeByModbus: 'Over Modbus {metrics} have the same value.',
  highUnseen: 'The high element cannot be seen from growth; compare with Modbus or the display.',
  placeUnseen: 'Growth does not tell where a counter stands; compare with Modbus or the display.',
  notWatched: 'Not watched long enough, or not together with the powers.',
  sameByModbus: '{metric} {value}; over Modbus {wanted}: the same.',
  differsByModbus: '{metric} {value}; over Modbus {wanted}: they differ.',
  grew: '{metric} grew by {grown} in {time}; the integral of power is {wanted}.',
  grewLittle: '{metric} grew by {grown} in {time}; the integral of power is {wanted}: too little to decide.',
  grewOtherwise: '{metric} grew by {grown} in {time}; the integral of power is {wanted}: they do not agree.',
  grewExchanged:
    '{metric} grew by {grown} in {time}; the integral of power is {wanted}, with plus and minus exchanged.',
  partAboveTotal: '{part} ({partial}) is more than {whole} ({total}).',
  ran: '{metric} grew by {grown} in {time}.',
  ranTooMuch: '{metric} grew by {grown} in {time}: too much.',
  mixed: 'Phases import and export at once: how the meter adds these is not known, so energy is not compared.',
  noCurrent: 'No current flows: VA cannot be compared with V x A.',
  powersRight: "VA is {ratio} x V x A: the layout's scale gives W, VA and var.",
  powersWrong: 'VA is {ratio} x V x A: the powers need "scale" {scale} to be W, VA and var.',
  importedLittle: 'Too little has been imported to compare energy with power.',
  importRight: 'The import counter grew {ratio} times as fast as the integral of power.',
  importOdd: 'The import counter grew {ratio} times as fast as the integral of power; no power of ten explains that.',
  importScale:
    'The import counter grew {ratio} times as fast as the integral of power: "scale" {scale} would give Wh, or the halves of the pairs are exchanged.',
  notRead: 'Assembly {assembly} was not read.',
  pairsSame: 'All counters are those of the registers over Modbus, and with no other pair scale.',
  pairsSameSoFar: 'All counters are those of the registers over Modbus; so far they would be with {others} too.',
  pairsOther: 'With "pairScale" {scale} all counters are those of the registers over Modbus.',
  pairsWrap:
    'The low elements of {count} counters are all below {largest}, though up to {most} is possible: the pairs seem to wrap at {scale}.',
  pairsUnseen:
    'Growth over minutes shows the low elements alone; only the registers over Modbus tell what a high step is worth.',
  voltage: '{metric} {value}; a {catalogNumber} measures up to {limit} directly.',
  voltageHigh:
    '{metric} {value}; a {catalogNumber} measures up to {limit} directly. That is right only with a voltage transformer whose ratio is set in the meter, at least {ratio}; without one, a voltage stands at another place or in another scale.',
  noVoltage: 'no voltage at all',
  noWiring: 'No wiring mode has just these voltages: {voltages}.',
  otherWiring: 'The voltages present ({voltages}) are not all those of {mode}.',
  wiring: '{mode} is the wiring whose values are all present and that leaves fewest over ({least}).',
  wirings: '{modes} have the values that are present.',
  wiringLacks: 'Configured is {mode}, but {metrics} stay at 0; the values look like {modes}.',
  wiringSurplus: 'Configured is {mode}, but {metrics} are there too; the values look like {modes}.',
  notLooked: 'Not looked at.',
  phaseNames:
    'Which phase is called L1 cannot be seen: values of all assemblies that are exchanged together fit as well. Compare with the display or the wiring once.',
  sharedFactor:
    'A factor that all voltages and the inverse that all currents share cannot be seen; neither can transformer ratios that are set wrongly in the meter.',
  guarded:
    'Only the energy counters were watched, because their layout is confirmed; the layout check looks at the rest.',
  countersBad: 'The energy counters are bad until another layout is chosen in the meter, or live data prove this one.',
});

/** What the bytes of the energy counters say about the named ways to read them. */
export const CANDIDATE_SENTENCES = sentences('energyLayout', {
  that: '{why}.',
  wouldGrow: '{metric} would have grown by {grown} in {time}; the integral of power is {wanted}',
  wouldGrowBeyond:
    '{metric} would have grown by {grown} in {time}; all that flowed by the integral of power is {wanted}',
  wouldRun: '{metric} would have grown by {grown} in {time}',
  butModbus: '{metric} {value}, but over Modbus {wanted}',
  wouldFall: '{metric} would have fallen {count} times, and counters only rise',
  notReactive: '{metric} would have grown by {grown}, which does not follow the reactive power',
  ranTooLong: '{metric} would be {value}, longer than the meter can have run',
  ranTooLittle: '{metric} would have grown by {grown} only in {time} under load',
  partAboveTotal: '{part} ({partial}) would be more than {whole} ({total})',
  byModbus: 'The counters are those of the registers over Modbus',
  byGrowth: '{metric} grew by {grown} in {time}, as the integral of power says ({wanted})',
  noNumber: '{metric} would be no number',
  negative: '{metric} would be negative',
  tiny: '{metric} would be smaller than anything that a meter counts',
  highNotWhole: '{metric} would have a high part that is not whole',
  lowTooLarge: '{metric} would have a low part above {most}',
  minutes: '{metric} would have {count} minutes',
  beyond: '{metric} would be beyond the largest value that the meter counts to',
  chance: 'the low parts of {count} counters are all below {least}, though up to {most} would be possible',
  readTimes: 'Assembly {assembly} was read {count} times only: watch longer.',
  noneFits:
    'No layout that has a name fits these bytes. If no counter was reset and nothing else disturbed the meter meanwhile, it needs a layout file of its own.',
  watchOrModbus: 'Watch longer and under more load, or compare over Modbus in a maintenance window.',
  watch: 'Watch until the counters have risen.',
  sameSoFar: '{names} give the same values so far, so either is right today. {advice}',
  stillPossible: 'Still possible: {names}. {advice}',
  onlyBut: 'Only {names} is possible, but {why}. {advice}',
  noPower: 'there is no power to compare it with',
  tooLittle: 'too little has flowed to prove its scale',
  unlikely: 'Unlikely: {why}.',
  open: 'Nothing speaks against it, nothing proves it.',
  named: '{description} {why}',
  isNot: 'Assembly {assembly} is not {name}: {why}',
  isNotBut: 'Assembly {assembly} is not {name}: {why} {other} fits instead.',
});

/** A metric: by its name for commands and messages, as people call it where there are catalogs. */
export const metricPlace = (name: string): Sentence => ({ key: `metric.${name}`, values: {}, text: name });

/** Several things as one, such as `1, 2, 3`; empty where there are none. */
function listOf(items: readonly Sentence[]): Sentence {
  return items.length === 0
    ? plain('')
    : items.reduceRight((rest, first) => LAYOUT_SENTENCES.say('list', { first, rest }));
}

export const metricList = (names: readonly string[]): Sentence => listOf(names.map(metricPlace));
