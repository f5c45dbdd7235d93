import type { CsvFault } from './csv-faults';
import type { ReportNote } from './notes';
import type { ReportPeriod } from './period';
import type { ReportWords, Shown } from './report-words';

const gaps = (count: number): string => (count === 1 ? '1 Lücke' : `${count} Lücken`);

const FAULTS: Readonly<Record<CsvFault, string>> = {
  cells: 'hat nicht so viele Zellen wie die erste Zeile oder keinen Zähler und ist weggelassen; bitte berichtigen',
  time_unreadable: 'die Zeit ist nicht lesbar, die Zeile ist weggelassen; bitte wie 2026-10-01T00:15 schreiben',
  time_skipped:
    'die Uhr überspringt diese Zeit, die Zeile ist weggelassen; bitte --csv-zone angeben, falls die Datei eine andere Zeitzone hat',
  misaligned: 'beginnt nicht da, wo Intervalle der Datei beginnen, und ist weggelassen; bitte die Zeit berichtigen',
  number_unreadable: 'eine Energie ist keine Zahl, die Zeile ist weggelassen; bitte berichtigen',
  negative:
    'eine Energie einer Richtung ist negativ, die Zeile ist weggelassen; bitte berichtigen oder die Spalte active_energy nennen',
  conflict:
    'eine andere Zeile hat dieselbe Zeit und andere Energien, keine von beiden zählt; bitte die falsche entfernen',
  repeated: 'dieselbe Zeile kommt zweimal vor und zählt einmal; es ist nichts zu tun',
};

function note(of: ReportNote, { number, time, date }: Shown): string {
  switch (of.code) {
    case 'period_running':
      return `Der Zeitraum ist noch nicht zu Ende: Die Werte gelten bis ${time(of.untilMs)}, die daneben für ganze Zeiträume.`;
    case 'clock_change':
      return `Am ${date(of.dayMs)} wird die Uhr umgestellt; dieser Tag hat ${number(of.hours, Number.isInteger(of.hours) ? 0 : 1)} Stunden.`;
    case 'tariff_overlap':
      return `Regeln des Tarifs für ${of.names.join(' und ')} überschneiden sich ${number(of.hours, 1)} h lang, zuerst am ${time(of.firstMs)}: Es zählt die Regel, die zuerst steht (${of.names[0] ?? ''}); bitte die Regeln berichtigen, falls das nicht gemeint ist.`;
    case 'tariff_zone':
      return `Der Tarif gilt für die Zeitzone ${of.tariffZone}: Die Preisstufen folgen dieser, Tage und Monate der des Berichts.`;
    case 'no_data':
      return 'Die Datenbank enthält für diesen Zeitraum keine Energie dieses Zählers: bitte den Namen prüfen, ob pm500-normalize Energiedifferenzen bildet, und „pm500 influx status“.';
    case 'csv_gap':
      return `Über ${number(of.hours, 2)} h in ${gaps(of.count)} hat die Datei keine Zeilen, die zählen: Diese Energie fehlt in den Werten; bitte Fehlendes ergänzen und den Bericht neu erstellen.`;
    case 'csv_no_data':
      return 'Die Datei enthält für diesen Zeitraum keine Energie dieses Zählers: bitte den Namen und die Zeiten ihrer Zeilen prüfen.';
    case 'energy_partial':
      return `${GERMAN.words[of.energy]} ist für ${number(of.percent, 1)} % der Zeit mit Werten bekannt: Die Summe gilt nur für diese Zeit; bitte prüfen, seit wann ihr Zählwerk gelesen wird oder ihre Zellen gefüllt sind.`;
    case 'power_factor_partial':
      return `Der Leistungsfaktor gilt für die ${number(of.percent, 1)} % der Zeit, in denen Wirk- und Blindbezug beide bekannt sind: Über die übrige sagt er nichts.`;
    case 'power_factor_unknown':
      return 'Es gibt keinen Leistungsfaktor: Wirk- und Blindbezug waren nie zugleich bekannt.';
    case 'csv_rows':
      return `${of.count === 1 ? '1 Zeile' : `${number(of.count)} Zeilen`} der Datei, die erste ist Zeile ${number(of.line)}: ${FAULTS[of.fault]}.`;
    case 'csv_partial':
      return `Von ${of.count === 1 ? '1 Viertelstunde' : `${number(of.count)} Viertelstunden`} enthält die Datei nur einen Teil oder Zeilen, die sich widersprechen: Sie sind weggelassen; bitte die Zeilen berichtigen und den Bericht neu erstellen.`;
    case 'csv_interval':
      return `Die Intervalle der Datei haben ${number(of.minutes)} Minuten: Energie ist gleichmäßig auf ihre Viertelstunden verteilt, die wahre Spitze einer Viertelstunde kann höher sein.`;
    case 'gap_missing':
      return `Über ${number(of.hours, 2)} h in ${gaps(of.count)} ist nichts bekannt: Diese Energie fehlt in den Werten; bitte die Ursache im Protokoll dieser Zeit suchen und „pm500 influx rollup“ ausführen, falls Daten verspätet kamen.`;
    case 'gap_estimated':
      return `In ${gaps(of.count)} von zusammen ${number(of.hours, 2)} h wurde der Zähler nicht gelesen; was er danach mehr anzeigte, ${number(of.importKwh, 1)} kWh, ist in der Summe enthalten und gleichmäßig auf diese Zeit verteilt.`;
    case 'energy_uncertain':
      return `${number(of.percent, 1)} % des Wirkbezugs sind unsicher: über eine Lücke oder eine Rückstellung hinweg gezählt, oder die Belegung der Daten des Zählers ist noch nicht bestätigt.`;
    case 'tariff_estimated':
      return `Zu welchem Preis ${number(of.estimatedKwh, 1)} kWh verbraucht wurden, ist nicht bekannt: Sie sind gleichmäßig auf die Lücken verteilt.`;
    case 'counter_back':
      return `Der Zählerstand ging am ${time(of.atMs)} von ${number(of.fromWh / 1000, 1)} auf ${number(of.toWh / 1000, 1)} kWh zurück (Rückstellung, anderer Zähler oder gestellte Uhr): Die Summe enthält, was davor und danach gezählt wurde; kurz davor Gezähltes kann fehlen; bitte mit dem Zähler vergleichen.`;
    case 'counter_wrapped':
      return `Der Zähler überschritt am ${time(of.atMs)} seinen größten Stand, von ${number(of.fromWh / 1000, 1)} auf ${number(of.toWh / 1000, 1)} kWh: Die Summe enthält den Weg über null; es ist nichts zu tun.`;
    case 'counter_replaced':
      return `Der Zähler wurde am ${time(of.firstMs)} gewechselt (andere Seriennummer): Die Energie beider Zähler ist addiert, die während des Wechsels enthält keiner; bei Bedarf bitte die Stände aus dem Wechselprotokoll ergänzen.`;
    case 'counted_twice':
      return `Von ${time(of.firstMs)} bis ${time(of.lastMs)} ergeben die Energien ${number(of.importKwh, 1)} kWh mehr, als der Zähler zugelegt hat: Diesen Zähler hat mehr als ein Programm geschrieben, etwa beide Seiten einer Umschaltung; eines davon anhalten und diese Energie von der Summe abziehen.`;
    case 'counter_started':
      return `Die Zählung begann am ${time(of.lastMs)} ohne frühere Ablesung (erster Start, verlorener Zustand oder ein Absturz oder Stromausfall, bevor er gespeichert war): Was seit der Ablesung davor verbraucht wurde, enthält keine Zahl; Ursache im Log dieser Zeit suchen.`;
    case 'counter_unconfirmed':
      return `Von ${time(of.firstMs)} bis ${time(of.lastMs)} stand ein Zähler, wo keine Last es erklärt, und wartete auf eine Antwort: Energie dieser Zeit kann fehlen; bitte antworten, wie docs/kpis.md es beschreibt, und den Bericht neu erstellen.`;
    case 'no_demand_windows':
      return 'In der Datenbank gibt es keine Messperioden der Leistung: Die Spitze ist die der Energie von Viertelstunden; bitte die Kennzahl „demand“ einschalten.';
    case 'peak_uncertain':
      return 'Nicht alle Messperioden sind vorhanden und ganz gemessen: Die wahre Spitze kann höher sein.';
  }
}

function periodName({ kind, key }: ReportPeriod, month: string, from: string, to: string): string {
  if (kind === 'month') return month;
  return kind === 'week' ? `Woche ${key.slice(-2)}/${key.slice(0, 4)}, ${from} bis ${to}` : `${from} bis ${to}`;
}

export const GERMAN: ReportWords = {
  locale: 'de-DE',
  words: {
    energyReport: 'Energiebericht',
    site: 'Standort',
    meters: 'Zähler',
    zone: 'Zeitzone',
    made: 'Erstellt',
    whole: 'Zeitraum',
    figure: 'Größe',
    before: 'Zeitraum davor',
    yearBefore: 'Vorjahr',
    change: 'Änderung',
    activeImport: 'Wirkenergie, Bezug',
    activeExport: 'Wirkenergie, Lieferung',
    reactiveImport: 'Blindenergie, Bezug',
    reactiveExport: 'Blindenergie, Lieferung',
    peak: 'Leistungsspitze',
    peakAt: 'Ende der Messperiode',
    mean: 'Mittlere Leistung',
    average: 'Mittel',
    loadFactor: 'Lastfaktor',
    powerFactor: 'Leistungsfaktor aus Energie',
    compensation: 'Kompensation für den Leistungsfaktor des Vertrags',
    cost: 'Energiekosten',
    coverage: 'Abdeckung: gelesene Zeit',
    read: 'Gelesen',
    known: 'Zeit mit bekannter Energie',
    days: 'Energie je Tag',
    day: 'Tag',
    load: 'Lastgang',
    duration: 'Geordnete Dauerlinie',
    durationAxis: 'Anteil der Zeit',
    tariff: 'Tarif',
    level: 'Preisstufe',
    energy: 'Energie',
    price: 'Preis je kWh',
    ofIt: 'davon geschätzt',
    supply: 'Versorgung',
    phase: 'Größe',
    least: 'Kleinster',
    greatest: 'Größter',
    when: 'Viertelstunde des größten',
    within: 'Innerhalb ±10 %',
    voltageUnbalance: 'Spannungsunsymmetrie',
    currentUnbalance: 'Stromunsymmetrie',
    frequency: 'Frequenz',
    voltage: 'Spannung',
    alarms: 'Alarme',
    alarm: 'Alarm',
    severity: 'Schwere',
    raised: 'Ausgelöst',
    first: 'Zuerst',
    last: 'Zuletzt',
    atEnd: 'Am Ende',
    active: 'aktiv',
    ended: 'vorbei',
    noAlarms: 'Es wurde kein Alarm ausgelöst.',
    gaps: 'Lücken',
    from: 'Von',
    to: 'Bis',
    state: 'Zustand',
    missing: 'fehlt',
    estimated: 'geschätzt',
    missingValues: 'Werte, die nicht gelesen werden konnten',
    reason: 'Grund',
    count: 'Anzahl',
    notes: 'Was zu diesen Werten zu wissen ist',
    none: 'nicht bekannt',
    total: 'Summe',
    notSummed: 'Zähler werden nicht addiert: Einer kann unter einem anderen liegen.',
    indicative:
      'Anhaltswerte: Mittel von 15 Minuten eines Zählers ohne Klasse für Netzqualität, wo EN 50160 solche von 10 verlangt.',
    method: 'Wie die Werte ermittelt sind',
    uncertain: 'unsicher',
    good: 'vollständig',
    quality: 'Qualität',
  },
  severities: { info: 'Hinweis', warning: 'Warnung', critical: 'kritisch' },
  periodName,
  note,
  method: [
    'Energie ist die Summe dessen, was die Zähler dazugezählt haben, je Viertelstunde; eine Viertelstunde enthält, was in ihr gelesen wurde.',
    'Die Spitze ist die größte Messperiode, die im Zeitraum endete. Der Lastfaktor ist mittlere Leistung durch Spitze.',
    'Der Leistungsfaktor ist E / √(E² + Q²) aus Wirk- und Blindbezug.',
    'Abdeckung ist der Anteil der Viertelstunden, in denen gelesen wurde; über eine Lücke Gezähltes ist als geschätzt gekennzeichnet.',
    'Kosten sind die Energie jeder Preisstufe mal ihrem Preis; Grundpreise, Leistungspreise und Steuern sind nicht enthalten.',
  ],
};
