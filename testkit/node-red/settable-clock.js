'use strict';

// Preloaded by a Node-RED whose computer has a wall clock that a test sets. Monotonic times and the uptime stay.
const trueNow = Date.now;
let aheadMs = 0;
Date.now = () => trueNow() + aheadMs;
process.on('message', (message) => {
  const told = message?.clockAheadMs;
  if (typeof told === 'number') aheadMs = told;
});
