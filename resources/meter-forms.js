/* What the forms of several nodes have in common: meters found on the network, and the verdict on a layout. */
(function () {
  const text = (key, values) => RED._('@pm500/node-red-powermonitor/pm500-meter:pm500-meter.' + key, values);
  const words = {
    confirmed: () => text('layoutCheck.confirmed'),
    contradicted: () => text('layoutCheck.contradicted'),
    undecided: () => text('layoutCheck.undecided'),
  };
  const summaries = {
    confirmed: (readings) => text('layoutCheck.confirmedSays', { readings }),
    contradicted: (readings) => text('layoutCheck.contradictedSays', { readings }),
    undecided: (readings) => text('layoutCheck.undecidedSays', { readings }),
  };
  const forbidden = [401, 403];

  function reasonOf(xhr) {
    if (forbidden.includes(xhr.status)) return text('error.forbidden');
    return (xhr.responseJSON && xhr.responseJSON.error) || text('error.noAnswer');
  }

  const say = (box, sentence) => box.empty().append($('<div class="pm500-say">').text(sentence));

  function tableOf(headings) {
    const table = $('<table class="pm500-table">');
    const row = $('<tr>').appendTo($('<thead>').appendTo(table));
    headings.forEach((heading) => $('<th>').text(heading).appendTo(row));
    return { table, body: $('<tbody>').appendTo(table) };
  }

  function cellsOf(row, values) {
    values.forEach((value) => $('<td>').text(value).appendTo(row));
    return row;
  }

  function showDevices(box, { devices, failures, asked }, choose) {
    box.empty();
    if (devices.length === 0) say(box, text('find.nobody'));
    else {
      const { table, body } = tableOf([
        text('find.address'),
        text('find.product'),
        text('find.serial'),
        text('find.revision'),
      ]);
      devices.forEach((device) => {
        const product = device.catalogNumber || device.productName;
        const row = $('<tr tabindex="0">').toggleClass('pm500-other', !device.isPowerMonitor).appendTo(body);
        cellsOf(row, [`${device.address}:${device.port}`, product, device.serialNumber, device.revision]);
        if (!device.isPowerMonitor) return row.attr('title', text('find.other'));
        row.addClass('pm500-choosable').attr('title', text('find.choose'));
        row.on('click keydown', (event) => {
          if (event.type === 'keydown' && event.key !== 'Enter') return;
          event.preventDefault();
          row.addClass('pm500-chosen');
          choose(device);
        });
      });
      box.append(table);
    }
    failures.forEach((failure) => $('<div class="pm500-say">').text(failure).appendTo(box));
    $('<div class="pm500-say">')
      .text(text('find.asked', { asked: asked.join(', ') }))
      .appendTo(box);
  }

  /** What is typed beside the button: nothing, an address, or an address and a port. */
  function whereOf(value) {
    const [, address, port] = /^\s*([^:\s]*):?(\d*)\s*$/.exec(value) || [undefined, value.trim(), ''];
    return { ...(address === '' ? {} : { address }), ...(port === '' ? {} : { port }) };
  }

  /** Puts a button into `box` that asks who is on the network; `choose` gets the device that a person picks. */
  function offerMeters(box, choose) {
    const where = $('<input type="text" class="pm500-where">').attr('placeholder', text('find.where'));
    const button = $('<button type="button" class="red-ui-button pm500-find">').text(text('find.button'));
    const found = $('<div class="pm500-found">');
    const ask = () => {
      button.prop('disabled', true);
      say(found, text('find.asking'));
      $.getJSON('pm500/scan', whereOf(where.val()))
        .done((answer) => showDevices(found, answer, choose))
        .fail((xhr) => say(found, reasonOf(xhr)))
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

  function badge(word) {
    return $('<span class="pm500-badge">')
      .addClass('pm500-badge-' + word)
      .text(words[word]());
  }

  /** Every place that is not confirmed, with the numbers that say why. */
  function showAssembly(body, { assembly, title, verdict, elements }) {
    const open = elements.filter((element) => element.verdict !== 'confirmed');
    const confirmed = text('layoutCheck.count', { confirmed: elements.length - open.length, count: elements.length });
    const heading = cellsOf($('<tr class="pm500-assembly">').appendTo(body), [`${assembly} ${title}`]);
    $('<td>').append(badge(verdict)).appendTo(heading);
    $('<td>').text(confirmed).appendTo(heading);
    open.forEach((element) => {
      const row = cellsOf($('<tr>').appendTo(body), [element.metric]);
      $('<td>').append(badge(element.verdict)).appendTo(row);
      const other = element.alternatives.join(', ');
      const why = $('<td>').text(element.evidence.join(' ')).appendTo(row);
      if (other !== '') $('<div>').text(text('layoutCheck.alternatives', { other })).appendTo(why);
    });
  }

  /** Which named layout of assembly 107 fits, why the others do not, and a button that chooses it. */
  function showEnergyLayout(body, { inUse, named, evidence, verdict, candidates }, apply) {
    const heading = cellsOf($('<tr class="pm500-assembly">').appendTo(body), [text('layoutCheck.energyLayout')]);
    $('<td>').append(badge(verdict)).appendTo(heading);
    const says = $('<td>').text(evidence).appendTo(heading);
    if (named !== undefined && named !== inUse) {
      const button = $('<button type="button" class="red-ui-button pm500-apply-energy">').text(
        text('layoutCheck.apply', { name: named }),
      );
      button.on('click', () => {
        apply(named);
        button.prop('disabled', true);
        $('<div>').text(text('layoutCheck.applied')).appendTo(says);
      });
      $('<div>').append(button).appendTo(says);
    }
    candidates.forEach((candidate) => {
      const row = cellsOf($('<tr>').appendTo(body), [candidate.name]);
      row.children().first().attr('title', candidate.description);
      $('<td>').append(badge(candidate.verdict)).appendTo(row);
      $('<td>').text(candidate.evidence).appendTo(row);
    });
  }

  function showVerdict(box, { verdict, readings, wiring, scales, assemblies, energyLayout, rating, limits }, apply) {
    box.empty().append($('<div class="pm500-say">').append(badge(verdict)));
    box.children().append(document.createTextNode(' ' + summaries[verdict](readings)));
    const { table, body } = tableOf([text('layoutCheck.place'), text('layoutCheck.verdict'), text('layoutCheck.why')]);
    const line = (what, word, why) => {
      const row = cellsOf($('<tr>').appendTo(body), [what]);
      $('<td>').append(badge(word)).appendTo(row);
      $('<td>').text(why).appendTo(row);
    };
    line(text('layoutCheck.wiring'), wiring.verdict, wiring.evidence);
    scales.forEach((scale) => {
      const { assembly, member, suggestion } = scale;
      const better = suggestion === undefined ? '' : ' ' + text('layoutCheck.suggestion', { member, suggestion });
      line(text('layoutCheck.scale', { member, assembly }), scale.verdict, scale.evidence + better);
    });
    if (energyLayout !== undefined) showEnergyLayout(body, energyLayout, apply);
    assemblies.forEach((assembly) => showAssembly(body, assembly));
    box.append(table);
    [...(rating === undefined ? [] : [rating.evidence]), ...limits].forEach((limit) =>
      $('<div class="pm500-say">').text(limit).appendTo(box),
    );
  }

  /**
   * Puts a button into `box` that watches the running meter with this id for a while and shows what that proves;
   * `apply` takes the name of the layout of the energy counters that a person chooses then.
   */
  function offerLayoutCheck(box, id, apply) {
    const seconds = $('<input type="text" class="pm500-short">').val(20).attr('title', text('layoutCheck.seconds'));
    const button = $('<button type="button" class="red-ui-button pm500-check-layout">').text(
      text('layoutCheck.button'),
    );
    const outcome = $('<div class="pm500-found">');
    button.on('click', () => {
      const time = seconds.val().trim();
      button.prop('disabled', true);
      say(outcome, text('layoutCheck.watching', { seconds: time }));
      const request = $.getJSON('pm500/meters/' + encodeURIComponent(id) + '/layout-check', { seconds: time });
      // Closing the form ends the watch.
      outcome.on('remove', () => request.abort());
      request
        .done((verdict) => showVerdict(outcome, verdict, apply))
        .fail((xhr) => say(outcome, reasonOf(xhr)))
        .always(() => button.prop('disabled', false));
    });
    const unit = $('<span class="pm500-unit">s</span>');
    box.append($('<div class="pm500-entry-line">').append(button, seconds, unit), outcome);
  }

  window.pm500Forms = { offerMeters, offerLayoutCheck };
})();
