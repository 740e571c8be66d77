// openid-client discovers an issuer by its URL alone, and jose verifies a token by its keys.
// Node reads what it trusts when it starts.

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const ready = JSON.parse(readFileSync(process.env.READY_FILE, 'utf8'));
if (process.env.NODE_EXTRA_CA_CERTS !== ready.ca_file) {
  const env = { ...process.env, NODE_EXTRA_CA_CERTS: ready.ca_file };
  const run = spawnSync(process.execPath, process.argv.slice(1), { env, stdio: 'inherit' });
  process.exit(run.status);
}

const { discovery } = await import('openid-client');
const { createRemoteJWKSet, jwtVerify } = await import('jose');

async function token(audience) {
  const answer = await fetch(`${ready.url}/api/v1/namespaces/default/serviceaccounts/default/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${ready.token}` },
    body: JSON.stringify({ spec: { audiences: [audience] } }),
  });
  return (await answer.json()).status.token;
}

async function verify(given, audience) {
  const configuration = await discovery(new URL(ready.https_url), 'client');
  const { issuer, jwks_uri } = configuration.serverMetadata();
  const { payload } = await jwtVerify(given, createRemoteJWKSet(new URL(jwks_uri)), { issuer, audience });
  return payload;
}

const checks = {
  'the issuer is discovered and its token verified': async () => {
    const { sub } = await verify(await token('vault'), 'vault');
    if (sub !== 'system:serviceaccount:default:default') throw new Error(sub);
  },
  'a token for another audience is refused': async () => {
    const refused = await verify(await token('vault'), 'other').catch((error) => error.code);
    if (refused !== 'ERR_JWT_CLAIM_VALIDATION_FAILED') throw new Error(`it was accepted: ${refused}`);
  },
};

for (const [name, check] of Object.entries(checks)) {
  try {
    await check();
    console.log(['ok', 'openid-client', name].join('\t'));
  } catch (error) {
    process.exitCode = 1;
    console.log(['failed', 'openid-client', name, String(error.cause ?? error)].join('\t'));
  }
}
