// Google's library for Node on the emulator, over each of its transports.
//
// Prints a line for each check: its outcome, the transport, its name and what was wrong.

import {checks, Session} from './checks.mjs';
import {all} from './transports.mjs';

let failures = 0;
for (const [transport, open] of Object.entries(all)) {
  const session = new Session(transport, open);
  for (const [name, check] of Object.entries(checks)) {
    try {
      await check(session);
      console.log(['ok', transport, name].join('\t'));
    } catch (error) {
      failures += 1;
      const why = `${error.code ?? ''} ${error.message ?? error}`.replace(/\s+/g, ' ');
      console.log(['failed', transport, name, why].join('\t'));
    }
  }
}
process.exit(failures > 0 ? 1 : 0);
