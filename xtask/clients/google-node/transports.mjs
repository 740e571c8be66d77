// The library over gRPC, in plaintext and over TLS, and over REST, its fallback.

import {AttachedClustersClient} from '@google-cloud/gkemulticloud';
import {credentials, Metadata} from '@grpc/grpc-js';
import {OAuth2Client, PassThroughClient} from 'google-auth-library';
import {readFileSync} from 'node:fs';
import {ready} from './emulator.mjs';

const [, , address] = ready.url.split('/');
const [host, port] = address.split(':');
const at = {apiEndpoint: host, port: Number(port), projectId: '1234'};

function overTls(token) {
  const secure = credentials.createSsl(readFileSync(ready.ca_file));
  const sslCreds = token ? credentials.combineChannelCredentials(secure, bearer(token)) : secure;
  return new AttachedClustersClient({...at, sslCreds});
}

function bearer(token) {
  return credentials.createFromMetadataGenerator((_, done) => {
    const metadata = new Metadata();
    metadata.set('authorization', `Bearer ${token}`);
    done(null, metadata);
  });
}

function overPlaintext(token) {
  // A plaintext channel takes no credentials, so the bearer is put into each call's metadata.
  const withBearer = call => {
    if (token) call.metadata.set('authorization', `Bearer ${token}`);
    return call;
  };
  const sslCreds = credentials.createInsecure();
  return new AttachedClustersClient({...at, sslCreds, 'grpc.callInvocationTransformer': withBearer});
}

function overRest(token) {
  const auth = new OAuth2Client();
  if (token) auth.setCredentials({access_token: token});
  return new AttachedClustersClient({...at, fallback: true, protocol: 'http', auth: token ? auth : new PassThroughClient()});
}

export const all = {'node-tls': overTls, node: overPlaintext, 'node-rest': overRest};
