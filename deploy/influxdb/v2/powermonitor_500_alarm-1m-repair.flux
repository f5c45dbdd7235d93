// Generated from the meter table by tools/influxdb; do not edit: npx tsx tools/influxdb/main.ts
import "date"

option task = {name: "powermonitor_500_alarm 1m repair", every: 1d, offset: 30m}

from_time = date.truncate(t: -2d, unit: 1m)
to_time = date.truncate(t: now(), unit: 1m)

values = (fields) =>
    from(bucket: "energy_raw")
        |> range(start: from_time, stop: to_time)
        |> filter(fn: (r) => r._measurement == "powermonitor_500_alarm" and r._field =~ fields)

store = (fn, suffix, tables=<-) =>
    tables
        |> aggregateWindow(every: 1m, fn: fn, timeSrc: "_start", createEmpty: false)
        |> map(fn: (r) => ({r with _field: r._field + suffix}))
        |> to(bucket: "energy_1m")

summary = (fields, fn, suffix) => values(fields: fields) |> store(fn: fn, suffix: suffix)
summaryOfStates = (fields, fn, suffix) => values(fields: fields) |> toInt() |> store(fn: fn, suffix: suffix)

summary(fields: /^(active|value)$/, fn: min, suffix: "_min")
summaryOfStates(fields: /^(judged)$/, fn: min, suffix: "_min")
summary(fields: /^(active|value)$/, fn: max, suffix: "_max")
summary(fields: /^(active|value|limit|judged|since|unjudged_since|acknowledged|latched|state|event|message|metric|quality|reason)$/, fn: last, suffix: "_last")
summary(fields: /^(raised)$/, fn: sum, suffix: "_sum")
summary(fields: /^(active)$/, fn: count, suffix: "_count")
