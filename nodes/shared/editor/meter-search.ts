import type { ScanAnswer } from '../admin';
import { onPress } from './keyboard';
import { addCells, meterText as text, reasonOf, say, tableOf } from './meter-words';
import { tell } from './told';

/** A device that was found. */
export type ListedDevice = ScanAnswer['devices'][number];

/** @param take is told of the device that a person picks */
function showDevice(body: JQuery, device: ListedDevice, take: (device: ListedDevice) => void): void {
  const product = device.catalogNumber ?? device.productName;
  const where = `${device.address}:${device.port}`;
  const row = $('<tr>').toggleClass('pm500-other', !device.isPowerMonitor).appendTo(body);
  addCells(row, [where, product, String(device.serialNumber), device.revision]);
  if (!device.isPowerMonitor) {
    row.attr('title', text('find.other'));
    return;
  }
  row.addClass('pm500-choosable').attr('title', text('find.choose'));
  const button = $('<button type="button" class="pm500-pick">').text(where);
  button.attr('aria-label', `${where}, ${product}, ${device.serialNumber}. ${text('find.choose')}`);
  row.children().first().empty().append(button);
  // A press on the button, by mouse or key, is one on its row.
  row.on('click', () => {
    row.addClass('pm500-chosen');
    take(device);
  });
}

/**
 * @param said what is read out to a screen reader; the table of `found` would be too much
 * @param choose gets the device that a person picks
 */
function showDevices(
  said: JQuery,
  found: JQuery,
  { devices, failures, asked }: ScanAnswer,
  choose: (device: ListedDevice) => void,
): void {
  say(said, devices.length === 0 ? text('find.nobody') : text('find.answered', { count: devices.length }));
  for (const sentence of [...failures.map(tell), text('find.asked', { asked: asked.join(', ') })])
    $('<div class="pm500-say">').text(sentence).appendTo(said);
  if (devices.length === 0) return;
  const headings = [text('find.address'), text('find.product'), text('find.serial'), text('find.revision')];
  const { frame, body } = tableOf(text('find.button'), headings);
  const take = (device: ListedDevice): void => {
    choose(device);
    say(said, text('find.taken', { address: `${device.address}:${device.port}` }));
  };
  for (const device of devices) showDevice(body, device, take);
  found.append(frame);
}

/** What is typed beside the button: nothing, an address, or an address and a port. */
function whereOf(typed: string): Readonly<Record<string, string>> {
  const [, address = typed.trim(), port = ''] = /^\s*([^:\s]*):?(\d*)\s*$/.exec(typed) ?? [];
  return { ...(address === '' ? {} : { address }), ...(port === '' ? {} : { port }) };
}

/** Puts a button into `box` that asks who is on the network; `choose` gets the device that a person picks. */
export function offerMeters(box: JQuery, choose: (device: ListedDevice) => void): void {
  const where = $('<input type="text" class="pm500-where">').attr('placeholder', text('find.where'));
  const button = $('<button type="button" class="red-ui-button pm500-find">').text(text('find.button'));
  const said = $('<div role="status">');
  const found = $('<div>');
  onPress(button, (done) => {
    found.empty();
    say(said, text('find.asking'));
    const request = $.getJSON('pm500/scan', whereOf(String(where.val())));
    // The form is closed.
    found.one('remove', () => {
      request.abort();
    });
    request
      .done((answer: ScanAnswer) => {
        showDevices(said, found, answer, choose);
      })
      .fail((xhr) => {
        say(said, reasonOf(xhr));
      })
      .always(done);
  });
  where.on('keydown', (event) => {
    if (event.key !== 'Enter') return;
    event.preventDefault();
    button.trigger('click');
  });
  box.append($('<div class="pm500-entry-line">').append(where, button), said, found);
}
