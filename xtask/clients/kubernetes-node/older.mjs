// @kubernetes/client-node 0.22, whose calls are positional and answer with {response, body}.

import k8s from 'client-node-0';
import {claims, contains, equal, soon} from './checks.mjs';

export async function open() {
  const config = new k8s.KubeConfig();
  config.loadFromDefault();
  const core = config.makeApiClient(k8s.CoreV1Api);
  const {body} = await core.createNamespace({metadata: {generateName: 'node-'}});
  const s = {config, core, namespace: body.metadata.name};
  await core.createNamespacedServiceAccount(s.namespace, {metadata: {name: 'builder'}});
  return s;
}

const patchType = (type) => [undefined, undefined, undefined, undefined, undefined, {headers: {'Content-Type': type}}];

export const checks = {
  'a token by default': async (s) => {
    const {response, body} = await s.core.createNamespacedServiceAccountToken('builder', s.namespace, {spec: {audiences: ['a']}});
    equal(response.statusCode, 201);
    equal(claims(body.status.token).aud, ['a']);
    equal(body.status.expirationTimestamp.getTime() / 1000, claims(body.status.token).exp);
  },
  'a service account that is missing': async (s) => {
    const error = await s.core.createNamespacedServiceAccountToken('nobody', s.namespace, {spec: {audiences: []}}).catch((error) => error);
    equal(error.statusCode, 404);
    contains(error.body.message, 'serviceaccounts "nobody" not found');
  },
  'review of a token': async (s) => {
    const token = (await s.core.createNamespacedServiceAccountToken('builder', s.namespace, {spec: {audiences: ['vault']}})).body.status.token;
    const {body} = await s.config.makeApiClient(k8s.AuthenticationV1Api).createTokenReview({spec: {token, audiences: ['vault']}});
    equal(body.status.audiences, ['vault']);
  },
  'patches of every type': async (s) => {
    await s.core.createNamespacedConfigMap(s.namespace, {metadata: {name: 'patched'}, data: {a: '1'}});
    const patch = (body, type) => s.core.patchNamespacedConfigMap('patched', s.namespace, body, ...patchType(type));
    equal((await patch([{op: 'add', path: '/data/b', value: '2'}], 'application/json-patch+json')).body.data, {a: '1', b: '2'});
    equal((await patch({data: {a: null}}, 'application/merge-patch+json')).body.data, {b: '2'});
    equal((await patch({data: {c: '3'}}, 'application/strategic-merge-patch+json')).body.data, {b: '2', c: '3'});
  },
  'an informer': async (s) => {
    const list = () => s.core.listNamespacedConfigMap(s.namespace);
    const informer = k8s.makeInformer(s.config, `/api/v1/namespaces/${s.namespace}/configmaps`, list);
    const seen = [];
    informer.on('add', (object) => seen.push(object.metadata.name));
    await informer.start();
    await s.core.createNamespacedConfigMap(s.namespace, {metadata: {name: 'seen'}});
    await soon('it is added', () => seen.includes('seen'));
    await informer.stop();
  },
  'the namespace is deleted': async (s) => {
    await s.core.deleteNamespace(s.namespace);
  },
};
