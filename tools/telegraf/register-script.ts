import { QUALITY_TAG } from '../../src/influx/mapping';
import type { MeterModel, Register } from '../../src/meters/meter-model';
import type { Metric } from '../../src/metrics/measurement';

/** Beginning of the name of a field that is a register and no metric yet. */
export const REGISTER_FIELD = 'register_';

/** A number with its point, which makes it a float. */
function float(value: number): string {
  return Number.isInteger(value) ? value.toFixed(1) : String(value);
}

/** A dictionary of literals. */
function dictionary(name: string, entries: readonly (readonly [string, string])[]): string {
  const lines = entries.map(([key, value]) => `    ${JSON.stringify(key)}: ${value},`);
  return [`${name} = {`, ...lines, '}'].join('\n');
}

/**
 * What inputs.modbus cannot make of a register: hours and minutes, revisions, letters, bits; and what it never asks: whether
 * a value is possible. One that is not is taken out and counted, as influx-out counts it.
 */
export function registerScript(model: MeterModel, metrics: ReadonlyMap<string, Metric>): string {
  const rows = model.registers.groups.flatMap(({ registers }) => registers);
  const named = (encoding: Register['encoding']): readonly string[] =>
    rows.flatMap((row) => (row.encoding === encoding && row.metric !== undefined ? [row.metric] : []));
  const ranges = rows.flatMap(({ metric = '' }) => {
    const range = metrics.get(metric)?.range;
    return range === undefined ? [] : [[metric, `[${float(range.min)}, ${float(range.max)}]`] as const];
  });
  const letters = rows.flatMap(({ metric, letters: count }): [string, string][] =>
    metric === undefined || count === undefined ? [] : [[metric, String(count)]],
  );
  const bits = rows.flatMap(({ register, bitMetrics }) =>
    bitMetrics === undefined ? [] : [[`${REGISTER_FIELD}${register}`, JSON.stringify(bitMetrics)] as const],
  );
  return `
[[processors.starlark]]
  source = '''
# What is possible, in the unit of the metric; both ends belong to it.
${dictionary('RANGES', ranges)}
${dictionary('BITS', bits)}
# As many letters as there are.
${dictionary('LETTERS', letters)}
HOURS = ${JSON.stringify(named('HOURS_MINUTES'))}
REVISIONS = ${JSON.stringify(named('REVISION'))}

def printable(text):
    return "".join([text[at] for at in range(len(text)) if " " <= text[at] and text[at] <= "~"])

# Text of a firmware word: a letter in the high byte, a number in the low one; nothing is fitted where it is zero.
def revision(word):
    if word == 0:
        return ""
    return printable(chr(word // 256)) + "." + str(word % 256)

# Why a number is none, or an empty text.
def fault(name, value):
    if str(value) in ["nan", "inf", "-inf", "+inf"]:
        return "bad_not_a_number"
    if name in RANGES and not (RANGES[name][0] <= value and value <= RANGES[name][1]):
        return "bad_out_of_range"
    return ""

def apply(metric):
    bad = {}
    for name, value in metric.fields.items():
        if name in BITS:
            metric.fields.pop(name)
            for place in range(len(BITS[name])):
                metric.fields[BITS[name][place]] = (value >> place) % 2 == 1
            continue
        if name in REVISIONS:
            metric.fields[name] = revision(value)
            continue
        if name in LETTERS:
            metric.fields[name] = printable(value[:LETTERS[name]]).rstrip(" ")
            continue
        reason = ""
        if name in HOURS:
            # 100 steps are an hour, of which 60 are used.
            if value % 100 >= 60:
                reason = "bad_out_of_range"
            value = float(value // 100) + (value % 100) / 60.0
            metric.fields[name] = value
        reason = reason or fault(name, value)
        if reason != "":
            metric.fields.pop(name)
            bad[reason] = bad.get(reason, 0.0) + 1.0
    result = [metric] if len(metric.fields.keys()) > 0 else []
    if len(bad) > 0:
        missing = Metric(metric.name)
        missing.time = metric.time
        for tag, text in metric.tags.items():
            missing.tags[tag] = text
        missing.tags["${QUALITY_TAG}"] = "bad"
        for reason, count in bad.items():
            missing.fields[reason] = count
        result.append(missing)
    return result
'''
`;
}
