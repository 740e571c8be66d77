// Named checks, and the line that each prints: how it went, the tool, its name, what was wrong.

import assert from 'node:assert/strict';

// The emulator over http, or nothing where the server is a real one.
export const emulator = process.env.EMULATOR_URL ?? '';

// Runs checks one after another, and counts those that fail.
export async function run(tool, session, checks) {
  let failures = 0;
  for (const [name, check] of Object.entries(checks)) {
    if (check.onEmulator && !emulator) {
      console.log(['-', tool, name, check.onEmulator].join('\t'));
      continue;
    }
    try {
      await check(session);
      console.log(['ok', tool, name].join('\t'));
    } catch (error) {
      failures += 1;
      const body = JSON.stringify(error.body ?? error.response?.body ?? '');
      const why = `${error.message ?? error} ${body}`.replace(/\s+/g, ' ');
      console.log(['failed', tool, name, why].join('\t'));
    }
  }
  return failures;
}

// A check that a real server cannot pass, and why.
export const onEmulator = (why, check) => Object.assign(check, {onEmulator: why});

export const equal = assert.deepEqual;

export function contains(text, part) {
  assert.ok(String(text).includes(part), `wanted ${part} in ${text}`);
}

// Wants something to come true within some seconds.
export async function soon(what, holds) {
  for (const end = Date.now() + 15000; Date.now() < end; ) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.fail(`not so in time: ${what}`);
}

// The claims of a token, unverified.
export const claims = (token) => JSON.parse(Buffer.from(token.split('.')[1], 'base64url'));
