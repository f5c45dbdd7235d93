import type { ScanAnswer } from '../admin';
import { addCells, meterText as text, reasonOf, say, tableOf } from './meter-words';
import { tell } from './told';

/** A device that was found. */
export type ListedDevice = ScanAnswer['devices'][number];

function showDevice(body: JQuery, device: ListedDevice, choose: (device: ListedDevice) => void): void {
  const product = device.catalogNumber ?? device.productName;
  const row = $('<tr tabindex="0">').toggleClass('pm500-other', !device.isPowerMonitor).appendTo(body);
  addCells(row, [`${device.address}:${device.port}`, product, String(device.serialNumber), device.revision]);
  if (!device.isPowerMonitor) {
    row.attr('title', text('find.other'));
    return;
  }
  row.addClass('pm500-choosable').attr('title', text('find.choose'));
  row.on('click keydown', (event) => {
    if (event.type === 'keydown' && event.key !== 'Enter') return;
    event.preventDefault();
    row.addClass('pm500-chosen');
    choose(device);
  });
}

function showDevices(box: JQuery, answer: ScanAnswer, choose: (device: ListedDevice) => void): void {
  const { devices, failures, asked } = answer;
  box.empty();
  if (devices.length === 0) say(box, text('find.nobody'));
  else {
    const headings = [text('find.address'), text('find.product'), text('find.serial'), text('find.revision')];
    const { table, body } = tableOf(headings);
    for (const device of devices) showDevice(body, device, choose);
    box.append(table);
  }
  for (const sentence of [...failures.map(tell), text('find.asked', { asked: asked.join(', ') })])
    $('<div class="pm500-say">').text(sentence).appendTo(box);
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
  const found = $('<div class="pm500-found">');
  const ask = (): void => {
    button.prop('disabled', true);
    say(found, text('find.asking'));
    $.getJSON('pm500/scan', whereOf(String(where.val())))
      .done((answer: ScanAnswer) => {
        showDevices(found, answer, choose);
      })
      .fail((xhr) => {
        say(found, reasonOf(xhr));
      })
      .always(() => button.prop('disabled', false));
  };
  button.on('click', ask);
  where.on('keydown', (event) => {
    if (event.key !== 'Enter') return;
    event.preventDefault();
    ask();
  });
  box.append($('<div class="pm500-entry-line">').append(where, button), found);
}
