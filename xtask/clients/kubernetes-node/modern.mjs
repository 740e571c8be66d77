// @kubernetes/client-node, newest, and jose.

import https from 'node:https';
import * as k8s from '@kubernetes/client-node';
import {createLocalJWKSet, createRemoteJWKSet, customFetch, jwtVerify} from 'jose';
import {claims, contains, emulator, equal, onEmulator, soon} from './checks.mjs';

export async function open() {
  const config = new k8s.KubeConfig();
  config.loadFromDefault();
  const core = config.makeApiClient(k8s.CoreV1Api);
  const made = await core.createNamespace({body: {metadata: {generateName: 'node-'}}});
  const s = {config, core, namespace: made.metadata.name};
  for (const name of ['default', 'builder']) {
    const body = {metadata: {name}};
    await core.createNamespacedServiceAccount({namespace: s.namespace, body}).catch(() => {});
  }
  return s;
}

const request = (s, spec = {}, name = 'builder') =>
  s.core.createNamespacedServiceAccountToken({name, namespace: s.namespace, body: {spec}});

const review = async (s, token, audiences) => {
  const api = s.config.makeApiClient(k8s.AuthenticationV1Api);
  return (await api.createTokenReview({body: {spec: {token, audiences}}})).status;
};

const map = (s, name, more = {}) =>
  s.core.createNamespacedConfigMap({namespace: s.namespace, body: {metadata: {name, ...more}, data: {a: '1'}}});

// The configuration of one with that bearer alone.
function bearing(s, token) {
  const config = new k8s.KubeConfig();
  config.loadFromClusterAndUser(s.config.getCurrentCluster(), {name: 'bearer', token});
  return config;
}

// Wants an ApiException with that code, and a body that is a Status.
async function fails(code, reason, part, promise) {
  const error = await promise.then(() => undefined, (error) => error);
  equal(error?.code, code);
  const body = typeof error.body === 'string' ? JSON.parse(error.body) : error.body;
  equal([body.kind, body.reason], ['Status', reason]);
  contains(body.message, part);
  return body;
}

export const checks = {
  'a token by default': async (s) => {
    const got = await request(s);
    equal(got.spec.expirationSeconds, 3600);
    equal(claims(got.status.token).aud, got.spec.audiences);
    equal(new Date(got.status.expirationTimestamp).getTime() / 1000, claims(got.status.token).exp);
  },
  'audiences and a lifetime': async (s) => {
    const got = await request(s, {audiences: ['b', 'a'], expirationSeconds: 700});
    equal(claims(got.status.token).aud, ['b', 'a']);
    equal(claims(got.status.token).exp - claims(got.status.token).iat, 700);
  },
  'a lifetime that is too short': async (s) => {
    const body = await fails(422, 'Invalid', 'may not specify a duration less', request(s, {expirationSeconds: 599}));
    equal(body.details.causes[0].field, 'spec.expirationSeconds');
  },
  'a service account that is missing': async (s) => {
    const body = await fails(404, 'NotFound', 'serviceaccounts "nobody" not found', request(s, {}, 'nobody'));
    equal(body.details, {name: 'nobody', kind: 'serviceaccounts'});
  },
  'review of a token': async (s) => {
    const got = await review(s, (await request(s, {audiences: ['vault']})).status.token, ['vault', 'x']);
    equal(got.authenticated, true);
    equal(got.audiences, ['vault']);
    equal(got.user.username, `system:serviceaccount:${s.namespace}:builder`);
    contains((await review(s, 'a.b.c')).error, 'invalid bearer token');
  },
  'who a token is': async (s) => {
    const config = bearing(s, (await request(s)).status.token);
    const got = await config.makeApiClient(k8s.AuthenticationV1Api).createSelfSubjectReview({body: {}});
    equal(got.status.userInfo.username, `system:serviceaccount:${s.namespace}:builder`);
  },
  'a bearer that is unknown, and one without the right': async (s) => {
    const list = (token) => bearing(s, token).makeApiClient(k8s.CoreV1Api).listNamespacedSecret({namespace: s.namespace});
    // The library keeps nothing of a 401 but its code.
    equal((await list('unknown').catch((error) => error)).code, 401);
    await fails(403, 'Forbidden', 'cannot list resource "secrets"', list((await request(s)).status.token));
  },
  'access reviews': async (s) => {
    const api = s.config.makeApiClient(k8s.AuthorizationV1Api);
    const resourceAttributes = {verb: 'create', resource: 'serviceaccounts', subresource: 'token', namespace: s.namespace};
    equal((await api.createSelfSubjectAccessReview({body: {spec: {resourceAttributes}}})).status.allowed, true);
    const others = {spec: {user: 'nobody', resourceAttributes}};
    equal((await api.createSubjectAccessReview({body: others})).status.allowed, false);
  },
  "an object's life": async (s) => {
    const made = await map(s, 'life');
    const replace = (body) => s.core.replaceNamespacedConfigMap({name: 'life', namespace: s.namespace, body});
    equal((await replace({...made, data: {a: '2'}})).data, {a: '2'});
    await fails(409, 'Conflict', 'the object has been modified', replace(made));
    await fails(409, 'AlreadyExists', 'already exists', map(s, 'life'));
    equal((await s.core.deleteNamespacedConfigMap({name: 'life', namespace: s.namespace})).status, 'Success');
  },
  'patches of every type': async (s) => {
    await map(s, 'patched');
    const patch = (body, type, more = {}) =>
      s.core.patchNamespacedConfigMap({name: 'patched', namespace: s.namespace, body, ...more}, k8s.setHeaderOptions('Content-Type', type));
    equal((await patch([{op: 'add', path: '/data/b', value: '2'}], k8s.PatchStrategy.JsonPatch)).data, {a: '1', b: '2'});
    equal((await patch({data: {a: null}}, k8s.PatchStrategy.MergePatch)).data, {b: '2'});
    equal((await patch({data: {c: '3'}}, k8s.PatchStrategy.StrategicMergePatch)).data, {b: '2', c: '3'});
    const applied = {apiVersion: 'v1', kind: 'ConfigMap', data: {d: '4'}};
    equal((await patch(applied, k8s.PatchStrategy.ServerSideApply, {fieldManager: 'node'})).data, {b: '2', c: '3', d: '4'});
  },
  'the object API: create, read, patch, apply, list, delete': async (s) => {
    const api = k8s.KubernetesObjectApi.makeApiClient(s.config);
    const metadata = {name: 'object', namespace: s.namespace};
    await api.create({apiVersion: 'v1', kind: 'Secret', metadata, stringData: {a: 'b'}});
    const spec = {apiVersion: 'v1', kind: 'Secret', metadata};
    equal((await api.read(spec)).data, {a: 'Yg=='});
    await api.patch({...spec, metadata: {...metadata, labels: {a: 'b'}}});
    equal((await api.list('v1', 'Secret', s.namespace, undefined, undefined, undefined, undefined, 'a=b')).items.length, 1);
    await api.delete(spec);
    await fails(404, 'NotFound', 'not found', api.read(spec));
  },
  'a list in pieces': async (s) => {
    for (const name of ['p1', 'p2', 'p3']) await map(s, name, {labels: {piece: 'yes'}});
    const names = [];
    for (let token = undefined; token !== ''; ) {
      const page = await s.core.listNamespacedConfigMap({namespace: s.namespace, labelSelector: 'piece', limit: 2, _continue: token});
      names.push(...page.items.map((item) => item.metadata.name));
      token = page.metadata._continue ?? '';
    }
    equal(names, ['p1', 'p2', 'p3']);
    await s.core.deleteCollectionNamespacedConfigMap({namespace: s.namespace, labelSelector: 'piece'});
  },
  'a watch': async (s) => {
    const seen = [];
    const path = `/api/v1/namespaces/${s.namespace}/configmaps`;
    const {metadata} = await s.core.listNamespacedConfigMap({namespace: s.namespace});
    const query = {resourceVersion: metadata.resourceVersion, fieldSelector: 'metadata.name=watched'};
    const stop = await new k8s.Watch(s.config).watch(path, query, (type) => seen.push(type), () => {});
    await map(s, 'watched');
    await s.core.deleteNamespacedConfigMap({name: 'watched', namespace: s.namespace});
    await soon('two events came', () => seen.length === 2);
    stop.abort();
    equal(seen, ['ADDED', 'DELETED']);
  },
  'a watch that the server ends': async (s) => {
    const path = `/api/v1/namespaces/${s.namespace}/configmaps`;
    let ended = false;
    await new k8s.Watch(s.config).watch(path, {timeoutSeconds: 1}, () => {}, () => (ended = true));
    await soon('it has ended', () => ended);
  },
  'an informer': async (s) => {
    const list = () => s.core.listNamespacedServiceAccount({namespace: s.namespace});
    const informer = k8s.makeInformer(s.config, `/api/v1/namespaces/${s.namespace}/serviceaccounts`, list);
    const seen = [];
    for (const verb of ['add', 'update', 'delete']) informer.on(verb, (object) => seen.push(`${verb} ${object.metadata.name}`));
    await informer.start();
    await s.core.createNamespacedServiceAccount({namespace: s.namespace, body: {metadata: {name: 'seen'}}});
    await soon('it is added', () => seen.includes('add seen'));
    await s.core.deleteNamespacedServiceAccount({name: 'seen', namespace: s.namespace});
    await soon('it is deleted', () => seen.includes('delete seen'));
    equal(informer.get('builder', s.namespace).metadata.name, 'builder');
    await informer.stop();
  },
  'a token dies with its pod': async (s) => {
    const spec = {serviceAccountName: 'builder', containers: [{name: 'main', image: 'pause'}]};
    const pod = await s.core.createNamespacedPod({namespace: s.namespace, body: {metadata: {name: 'pod'}, spec}});
    const boundObjectRef = {kind: 'Pod', apiVersion: 'v1', name: 'pod', uid: pod.metadata.uid};
    const {token} = (await request(s, {boundObjectRef})).status;
    equal(claims(token)['kubernetes.io'].pod, {name: 'pod', uid: pod.metadata.uid});
    await s.core.deleteNamespacedPod({name: 'pod', namespace: s.namespace, gracePeriodSeconds: 0});
    await soon('it is refused', async () => !(await review(s, token)).authenticated);
  },
  'discovery of versions': async (s) => {
    equal((await s.config.makeApiClient(k8s.VersionApi).getCode()).major, '1');
    const {resources} = await s.core.getAPIResources();
    equal(resources.find(({name}) => name === 'serviceaccounts/token').kind, 'TokenRequest');
    const health = new k8s.Health(s.config);
    equal([await health.readyz({}), await health.livez({})], [true, true]);
  },
  'jose verifies a token by the published keys': async (s) => {
    const token = (await request(s, {audiences: ['vault']})).status.token;
    const keys = createRemoteJWKSet(new URL('/openid/v1/jwks', s.config.getCurrentCluster().server), {
      [customFetch]: (url) => fetched(s, url),
    });
    const document = await (await fetched(s, new URL('/.well-known/openid-configuration', s.config.getCurrentCluster().server))).json();
    const {payload} = await jwtVerify(token, keys, {audience: 'vault', issuer: document.issuer});
    equal(payload.sub, `system:serviceaccount:${s.namespace}:builder`);
    const wrong = await jwtVerify(token, keys, {audience: 'other', issuer: document.issuer}).catch((error) => error);
    equal(wrong.code, 'ERR_JWT_CLAIM_VALIDATION_FAILED');
    const none = await jwtVerify(token, createLocalJWKSet({keys: []})).catch((error) => error);
    equal(none.code, 'ERR_JWKS_NO_MATCHING_KEY');
  },
  'the namespace is deleted': async (s) => {
    await s.core.deleteNamespace({name: s.namespace});
  },
  'a token expires': onEmulator('the clock of a real server cannot be moved', async (s) => {
    const other = await open();
    const token = (await request(other)).status.token;
    await fetch(`${emulator}/_emulator/v1/clock`, {method: 'POST', body: '{"advance": "2h"}'});
    contains((await review(s, token)).error, 'service account token has expired');
    await fetch(`${emulator}/_emulator/v1/clock`, {method: 'POST', body: '{"reset": true}'});
  }),
};

// What is fetched with the certificates and the bearer of the configuration.
async function fetched(s, url) {
  const options = {};
  await s.config.applyToHTTPSOptions(options);
  return new Promise((resolve, reject) => {
    const get = https.get(url, options, (answer) => {
      const chunks = [];
      answer.on('data', (chunk) => chunks.push(chunk));
      answer.on('end', () => resolve(new Response(Buffer.concat(chunks), {status: answer.statusCode})));
    });
    get.on('error', reject);
  });
}
