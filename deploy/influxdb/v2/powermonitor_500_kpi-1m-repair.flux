// Generated from the meter table by tools/influxdb; do not edit: npx tsx tools/influxdb/main.ts
import "date"

option task = {name: "powermonitor_500_kpi 1m repair", every: 1d, offset: 30m}

from_time = date.truncate(t: -2d, unit: 1m)
to_time = date.truncate(t: now(), unit: 1m)

values = (fields) =>
    from(bucket: "energy_raw")
        |> range(start: from_time, stop: to_time)
        |> filter(fn: (r) => r._measurement == "powermonitor_500_kpi" and r._field =~ fields)

store = (fn, suffix, tables=<-) =>
    tables
        |> aggregateWindow(every: 1m, fn: fn, timeSrc: "_start", createEmpty: false)
        |> map(fn: (r) => ({r with _field: r._field + suffix}))
        |> to(bucket: "energy_1m")

summary = (fields, fn, suffix) => values(fields: fields) |> store(fn: fn, suffix: suffix)
summaryOfStates = (fields, fn, suffix) => values(fields: fields) |> toInt() |> store(fn: fn, suffix: suffix)

summary(fields: /^(voltage_unbalance|current_unbalance|interval_power_factor|quality_code)$/, fn: min, suffix: "_min")
summary(fields: /^(voltage_unbalance|current_unbalance|interval_demand|interval_power_factor)$/, fn: max, suffix: "_max")
summary(fields: /^(interval_demand|interval_demand_time|interval_power_factor|tariff_period|active_energy_import_day|active_energy_import_last_day|active_energy_import_month|active_energy_import_last_month|active_energy_import_year|active_energy_import_last_year|reactive_energy_import_day|reactive_energy_import_last_day|reactive_energy_import_month|reactive_energy_import_last_month|reactive_energy_import_year|reactive_energy_import_last_year|active_energy_export_day|active_energy_export_last_day|active_energy_export_month|active_energy_export_last_month|active_energy_export_year|active_energy_export_last_year|reactive_energy_export_day|reactive_energy_export_last_day|reactive_energy_export_month|reactive_energy_export_last_month|reactive_energy_export_year|reactive_energy_export_last_year|power_factor_day|power_factor_last_day|power_factor_month|power_factor_last_month|power_factor_year|power_factor_last_year|peak_demand_day|peak_demand_last_day|peak_demand_month|peak_demand_last_month|peak_demand_year|peak_demand_last_year|peak_demand_time_day|peak_demand_time_last_day|peak_demand_time_month|peak_demand_time_last_month|peak_demand_time_year|peak_demand_time_last_year|load_factor_day|load_factor_last_day|load_factor_month|load_factor_last_month|load_factor_year|load_factor_last_year|reactive_energy_excess_day|reactive_energy_excess_last_day|reactive_energy_excess_month|reactive_energy_excess_last_month|reactive_energy_excess_year|reactive_energy_excess_last_year|power_factor_penalty_day|power_factor_penalty_last_day|power_factor_penalty_month|power_factor_penalty_last_month|power_factor_penalty_year|power_factor_penalty_last_year|co2_day|co2_last_day|co2_month|co2_last_month|co2_year|co2_last_year|cost_day|cost_last_day|cost_month|cost_last_month|cost_year|cost_last_year|coverage_day|coverage_last_day|coverage_month|coverage_last_month|coverage_year|coverage_last_year|tariff_energy_.*)$/, fn: last, suffix: "_last")
summary(fields: /^(energy_delta_active_import_total|energy_delta_reactive_import_total|energy_delta_active_export_total|energy_delta_reactive_export_total|energy_delta_active_import_partial|energy_delta_reactive_import_partial|energy_delta_active_export_partial|energy_delta_reactive_export_partial|voltage_unbalance|current_unbalance|bad_read_failed|bad_size_mismatch|bad_not_a_number|bad_overload|bad_out_of_range|bad_not_in_wiring|bad_layout_contradicted|bad_counter_started|bad_counter_replaced|bad_counter_suspect|bad_counter_unconfirmed|bad_undefined_result|bad_unexplained)$/, fn: sum, suffix: "_sum")
summary(fields: /^(voltage_unbalance|current_unbalance)$/, fn: count, suffix: "_count")
