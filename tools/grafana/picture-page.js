'use strict';
/* global uPlot, document, window */

/**
 * Draws the answers of a dashboard's queries: in a browser, with uPlot, where the panels of the dashboard stand. It is no
 * Grafana; it knows the few kinds of panels and units that the dashboards use.
 */
(() => {
  const COLORS = ['#3274d9', '#e0752d', '#56a64b', '#a352cc', '#e02f44', '#8f8f00', '#00879e', '#5f5f5f'];
  const PREFIXED = {
    volt: 'V',
    amp: 'A',
    watt: 'W',
    voltamp: 'VA',
    voltampreact: 'var',
    watth: 'Wh',
    'si:varh': 'varh',
  };

  function showNumber(value, unit, decimals) {
    if (value === null || value === undefined || Number.isNaN(value)) return '';
    const digits = (number) =>
      decimals === undefined ? String(Number(number.toPrecision(4))) : Number(number).toFixed(decimals);
    if (unit === 'dateTimeAsIso') {
      return new Date(value).toLocaleString('sv-SE', { timeZone: window.picture.zone }).slice(0, 16);
    }
    if (unit.startsWith('time:')) {
      // Only the month and the year are asked for.
      const month = { timeZone: window.picture.zone, month: unit === 'time:' ? 'short' : 'long', year: 'numeric' };
      return new Date(value).toLocaleString('en-US', month);
    }
    if (unit === 'percent') return `${digits(value)} %`;
    if (unit === 'percentunit') return `${digits(100 * value)} %`;
    if (unit === 'degree') return `${digits(value)}\u00b0`;
    if (unit === 's') {
      const [length, name] = [
        [86_400, 'days'],
        [3600, 'h'],
        [60, 'min'],
      ].find(([each]) => Math.abs(value) >= 2 * each) ?? [1, 's'];
      return `${Number((value / length).toPrecision(3))} ${name}`;
    }
    if (unit === 'bytes') {
      const power = value === 0 ? 0 : Math.min(4, Math.floor(Math.log2(Math.abs(value)) / 10));
      return `${digits(value / 1024 ** power)} ${['B', 'KiB', 'MiB', 'GiB', 'TiB'][power]}`;
    }
    if (unit === 'masskg') return value < 1000 ? `${digits(value)} kg` : `${digits(value / 1000)} t`;
    if (unit.startsWith('suffix:')) {
      const suffix = unit.slice('suffix:'.length);
      return digits(value) + (suffix.includes('currency') ? ' EUR' : suffix);
    }
    const symbol = PREFIXED[unit];
    if (symbol === undefined) return digits(value);
    const size = Math.abs(value);
    const [factor, prefix] = size >= 1e6 ? [1e6, 'M'] : size >= 1e4 ? [1e3, 'k'] : [1, ''];
    return `${digits(value / factor)} ${prefix}${symbol}`;
  }

  function element(parent, name, className, text) {
    const made = document.createElement(name);
    if (className !== undefined) made.className = className;
    if (text !== undefined) made.textContent = text;
    parent.append(made);
    return made;
  }

  /** Leaves short silences out, so that a line goes on over them and ends at longer ones. */
  function joined(points, longestMs) {
    let last;
    return points.filter(([time, value], place) => {
      if (value !== null) {
        last = time;
        return true;
      }
      const next = points.slice(place).find(([, each]) => each !== null);
      return last === undefined || next === undefined || next[0] - last > longestMs;
    });
  }

  /** The lowest and the highest value of an axis. */
  function heights({ isBars, isStacked }, low, high) {
    if (isBars || isStacked) return [Math.min(0, low), high * 1.05 || 1];
    const size = high - low || Math.abs(high) / 2 || 1;
    // Nothing that is never negative has room below zero.
    return [low >= 0 && low < size ? 0 : low - size / 10, high + size / 10];
  }

  /** Where the months of a long time begin, seconds, as many as there is room for; nothing of a shorter time. */
  function monthsIn({ fromMs, toMs }, widthPx) {
    if (toMs - fromMs < 200 * 86_400_000) return undefined;
    const from = new Date(fromMs);
    const starts = [];
    for (let month = from.getUTCMonth() + 1; ; month += widthPx < 1000 ? 2 : 1) {
      const start = Date.UTC(from.getUTCFullYear(), month, 1);
      if (start > toMs) return starts;
      starts.push(start / 1000);
    }
  }

  function drawTime(body, panel) {
    const series = panel.series.map((each) => ({ ...each, points: joined(each.points, panel.longestSilenceMs) }));
    const times = [...new Set(series.flatMap(({ points }) => points.map(([time]) => time)))].sort((a, b) => a - b);
    const columns = series.map(({ points }) => {
      const byTime = new Map(points);
      return times.map((time) => byTime.get(time));
    });
    if (panel.isStacked) {
      for (let place = 1; place < columns.length; place += 1) {
        columns[place] = columns[place].map((value, at) => (value ?? 0) + (columns[place - 1][at] ?? 0));
      }
    }
    const order = columns.map((_, place) => place);
    if (panel.isStacked) order.reverse();
    const months = monthsIn(panel.window, body.clientWidth);
    const bars = uPlot.paths.bars({ size: [0.8, 60] });
    new uPlot(
      {
        width: body.clientWidth,
        height: body.clientHeight - 26,
        tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1e3), window.picture.zone),
        legend: { show: false },
        cursor: { show: false },
        scales: {
          x: { range: [panel.window.fromMs / 1000, panel.window.toMs / 1000] },
          y: { range: (_, low, high) => heights(panel, low, high) },
        },
        axes: [
          {
            grid: { stroke: '#eee' },
            ...(months === undefined ? {} : { splits: months }),
            values:
              months !== undefined
                ? (_, ticks) => ticks.map((tick) => showNumber(1000 * tick + 43_200_000, 'time:'))
                : [
                    [86400, '{DD}.{MM}'],
                    [3600, '{HH}:{mm}', '\n{DD}.{MM}'],
                    [60, '{HH}:{mm}'],
                  ].map((row) => [row[0], row[1], row[2] ?? null, null, null, null, null, null, 1]),
          },
          {
            size: 74,
            grid: { stroke: '#eee' },
            values: (_, ticks) => ticks.map((tick) => showNumber(Number(tick.toPrecision(3)), panel.unit)),
          },
        ],
        series: [
          {},
          ...order.map((place) => ({
            stroke: COLORS[place % COLORS.length],
            width: 1.3,
            points: { show: false },
            ...(panel.isBars && !series[place].isLine
              ? { fill: `${COLORS[place % COLORS.length]}cc`, paths: bars }
              : {}),
          })),
        ],
      },
      [times.map((time) => time / 1000), ...order.map((place) => columns[place])],
      body,
    );
    const legend = element(body, 'div', 'legend');
    series.forEach(({ name }, place) => {
      element(legend, 'i').style.background = COLORS[place % COLORS.length];
      element(legend, 'span', undefined, name);
    });
  }

  function drawStat(body, { series, unit, decimals }) {
    body.classList.add('stats');
    for (const { name, points } of series) {
      const stat = element(body, 'div', 'stat');
      element(stat, 'small', undefined, name);
      element(stat, 'b', undefined, showNumber(points.findLast(([, value]) => value !== null)?.[1], unit, decimals));
    }
  }

  function drawBars(body, { series, unit }) {
    body.classList.add('bars');
    const values = series.map(({ points }) => points.at(-1)?.[1] ?? 0);
    const most = Math.max(...values);
    series.forEach(({ name }, place) => {
      const bar = element(body, 'div', 'bar');
      element(bar, 'small', undefined, showNumber(values[place], unit));
      element(bar, 'div').style.height = `${(78 * values[place]) / most}%`;
      element(bar, 'small', undefined, name);
    });
  }

  function drawTable(body, { columns, rows }) {
    const table = element(body, 'table');
    const head = element(table, 'tr');
    for (const { name } of columns) element(head, 'th', undefined, name);
    for (const row of rows.slice(0, Math.floor(body.clientHeight / 22) - 1)) {
      const line = element(table, 'tr');
      row.forEach((value, place) => {
        const { unit, texts, decimals } = columns[place];
        const text = texts?.[value] ?? (typeof value === 'number' ? showNumber(value, unit, decimals) : (value ?? ''));
        element(line, 'td', undefined, text);
      });
    }
  }

  const DRAW = { timeseries: drawTime, stat: drawStat, bargauge: drawBars, table: drawTable };
  const { title, panels, rowPx } = window.picture;
  element(document.body, 'h1', undefined, title);
  const board = element(document.body, 'main');
  for (const panel of panels) {
    const { x, y, w, h } = panel.gridPos;
    const box = element(board, 'section', panel.kind);
    box.style.gridArea = `${y + 1} / ${x + 1} / span ${h} / span ${w}`;
    element(box, 'h2', undefined, panel.title);
    if (panel.kind === 'row') continue;
    const body = element(box, 'div', 'body');
    body.style.height = `${h * rowPx - 40}px`;
    DRAW[panel.kind](body, panel);
  }
})();
