// Generated from the meter table by tools/influxdb; do not edit: npx tsx tools/influxdb/main.ts
import "date"
import "timezone"

option task = {name: "powermonitor_500 day", every: 1h, offset: 20m}
option location = timezone.location(name: "@time zone@")

from_time = date.truncate(t: -3d, unit: 1d)
to_time = date.truncate(t: now(), unit: 1d)

values = (fields) =>
    from(bucket: "energy_15m")
        |> range(start: from_time, stop: to_time)
        |> filter(fn: (r) => r._measurement == "powermonitor_500" and r._field =~ fields)

store = (fn, suffix, tables=<-) =>
    tables
        |> aggregateWindow(every: 1d, fn: fn, timeSrc: "_start", createEmpty: false)
        |> map(fn: (r) => ({r with _field: r._field + suffix}))
        |> to(bucket: "energy_day")

summary = (fields, fn, suffix) => values(fields: fields) |> store(fn: fn, suffix: suffix)

summary(fields: /_min$/, fn: min, suffix: "")
summary(fields: /_max$/, fn: max, suffix: "")
summary(fields: /_last$/, fn: last, suffix: "")
summary(fields: /_sum$/, fn: sum, suffix: "")
summary(fields: /_count$/, fn: sum, suffix: "")
