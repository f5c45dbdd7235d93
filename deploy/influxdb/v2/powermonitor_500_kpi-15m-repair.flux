// Generated from the meter table by tools/influxdb; do not edit: npx tsx tools/influxdb/main.ts
import "date"

option task = {name: "powermonitor_500_kpi 15m repair", every: 1d, offset: 90m}

from_time = date.truncate(t: -2d, unit: 15m)
to_time = date.truncate(t: now(), unit: 15m)

values = (fields) =>
    from(bucket: "energy_1m")
        |> range(start: from_time, stop: to_time)
        |> filter(fn: (r) => r._measurement == "powermonitor_500_kpi" and r._field =~ fields)

store = (fn, suffix, tables=<-) =>
    tables
        |> aggregateWindow(every: 15m, fn: fn, timeSrc: "_start", createEmpty: false)
        |> map(fn: (r) => ({r with _field: r._field + suffix}))
        |> to(bucket: "energy_15m")

summary = (fields, fn, suffix) => values(fields: fields) |> store(fn: fn, suffix: suffix)

summary(fields: /_min$/, fn: min, suffix: "")
summary(fields: /_max$/, fn: max, suffix: "")
summary(fields: /_last$/, fn: last, suffix: "")
summary(fields: /_sum$/, fn: sum, suffix: "")
summary(fields: /_count$/, fn: sum, suffix: "")
