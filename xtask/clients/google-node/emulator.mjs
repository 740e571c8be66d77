// The emulator that the checks talk to: its ready file, its clock, and its Kubernetes side.

import {readFileSync} from 'node:fs';

export const ready = JSON.parse(readFileSync(process.env.READY_FILE, 'utf8'));

// A bearer of the file that the emulator was started with.
export const WITHOUT_SCOPE = 'ya29.without-scope';

// What the emulator answers, asked with its Kubernetes bearer.
export async function ask(path, body) {
  const headers = {authorization: `Bearer ${ready.token}`, 'content-type': 'application/json'};
  const method = body ? 'POST' : 'GET';
  const answer = await fetch(ready.url + path, {method, headers, body: body && JSON.stringify(body)});
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${path}: ${answer.status}: ${text}`);
  return text;
}

// The issuer of the cluster's tokens, and its keys.
export async function issuer() {
  const {issuer} = JSON.parse(await ask('/.well-known/openid-configuration'));
  return [issuer, Buffer.from(await ask('/openid/v1/jwks'))];
}

// A token of a service account.
export async function subjectToken() {
  const path = '/api/v1/namespaces/default/serviceaccounts/default/token';
  return JSON.parse(await ask(path, {spec: {}})).status.token;
}

// The same token with a signature that is not its own.
export function tampered(token) {
  const [head, claims, signature] = token.split('.');
  const other = signature.startsWith('A') ? 'B' : 'A';
  return [head, claims, other + signature.slice(1)].join('.');
}

// Moves or stops the clock.
export const clock = change => ask('/_emulator/v1/clock', change);
