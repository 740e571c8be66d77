// The checks by their names, and what they share.

import {deepStrictEqual, ok} from 'node:assert/strict';
import {clock, issuer, ready, subjectToken, tampered, WITHOUT_SCOPE} from './emulator.mjs';
import {failing} from './failing.mjs';
import {fails} from './wants.mjs';

const PARENT = 'projects/1234/locations/us-west1';
const JWT = 'urn:ietf:params:oauth:token-type:jwt';

// Canonical codes.
const [CANCELLED, INVALID_ARGUMENT, NOT_FOUND] = [1, 3, 5];
const [ALREADY_EXISTS, PERMISSION_DENIED, ABORTED, UNAUTHENTICATED] = [6, 7, 10, 16];

// The state of a cluster that is usable, as a number: that is how an operation's result has it.
const RUNNING = 2;

// One transport, and a cluster that its checks share.
export class Session {
  constructor(transport, open) {
    this.open = open;
    this.api = open(ready.google_access_token);
    this.isRest = transport.endsWith('-rest');
    this.id = transport;
    this.name = `${PARENT}/attachedClusters/${transport}`;
  }

  async create(id, more, options) {
    const [issuerUrl, jwks] = await issuer();
    const attachedCluster = {
      oidcConfig: {issuerUrl, jwks},
      platformVersion: '1.33.0-gke.1',
      distribution: 'generic',
      fleet: {project: 'projects/1234'},
    };
    const request = {parent: PARENT, attachedClusterId: id, attachedCluster, ...more};
    const [operation] = await this.api.createAttachedCluster(request, options);
    return operation;
  }

  async get(name = this.name, api = this.api) {
    const [cluster] = await api.getAttachedCluster({name});
    return cluster;
  }

  async update(paths, fields) {
    const request = {attachedCluster: {name: this.name, ...fields}, updateMask: {paths}};
    const [operation] = await this.api.updateAttachedCluster(request);
    return operation;
  }

  async delete(request) {
    const [operation] = await this.api.deleteAttachedCluster(request);
    return operation;
  }

  async exchange(changes) {
    const usual = {attachedCluster: this.name, subjectTokenType: JWT, version: 'v1'};
    const request = {...usual, subjectToken: await subjectToken(), ...changes};
    const [answer] = await this.api.generateAttachedClusterAgentToken(request);
    return answer;
  }
}

// Wants a bad request that names that field.
async function violates(call, field) {
  const error = await fails(call, INVALID_ARGUMENT);
  const bad = error.statusDetails?.find(detail => detail.fieldViolations);
  deepStrictEqual(bad?.fieldViolations[0].field, field);
}

async function refused(s, token, code, reason) {
  const error = await fails(s.get(s.name, s.open(token)), code);
  deepStrictEqual([error.reason, error.domain], [reason, 'googleapis.com']);
  deepStrictEqual(error.errorInfoMetadata.service, 'gkemulticloud.googleapis.com');
}

export const checks = {
  async 'server config'(s) {
    const [config] = await s.api.getAttachedServerConfig({name: `${PARENT}/attachedServerConfig`});
    ok(config.validVersions.length > 0);
    ok(config.validVersions.every(({version}) => version.includes('-gke.')));
  },

  async 'install manifest'(s) {
    const request = {
      parent: PARENT,
      attachedClusterId: 'new',
      platformVersion: '1.33.0-gke.1',
    };
    // Over REST the library sends what is nested twice without the name of the outer field.
    if (!s.isRest) request.proxyConfig = {kubernetesSecret: {name: 'proxy', namespace: 'default'}};
    const [{manifest}] = await s.api.generateAttachedClusterInstallManifest(request);
    ok(manifest.includes('kind: Namespace'), manifest);
  },

  async 'validate only'(s) {
    await s.create('unmade', {validateOnly: true});
    await fails(s.get(`${PARENT}/attachedClusters/unmade`), NOT_FOUND);
  },

  async 'create, waited for'(s) {
    const operation = await s.create(s.id);
    deepStrictEqual([operation.metadata.verb, operation.metadata.target], ['create', s.name]);
    const [cluster, metadata] = await operation.promise();
    deepStrictEqual([cluster.name, cluster.state], [s.name, RUNNING]);
    ok(metadata.endTime, JSON.stringify(metadata));
    const again = await s.api.checkCreateAttachedClusterProgress(operation.name);
    deepStrictEqual([again.done, again.result.name], [true, s.name]);
  },

  async 'get, with defaults'(s) {
    const cluster = await s.get();
    deepStrictEqual(cluster.binaryAuthorization.evaluationMode, 'DISABLED');
    ok(cluster.monitoringConfig.managedPrometheusConfig, JSON.stringify(cluster));
    ok(cluster.fleet.membership.endsWith(`/memberships/${s.id}`), cluster.fleet.membership);
    ok(cluster.uid && cluster.etag && cluster.createTime, JSON.stringify(cluster));
    const [, keys] = await issuer();
    ok(keys.equals(Buffer.from(cluster.oidcConfig.jwks)));
  },

  async 'create once more'(s) {
    await fails(s.create(s.id), ALREADY_EXISTS);
  },

  async 'list, page by page'(s) {
    const operation = await s.create(`${s.id}-2`);
    await operation.promise();
    const names = [];
    for await (const cluster of s.api.listAttachedClustersAsync({parent: PARENT, pageSize: 1})) {
      names.push(cluster.name);
    }
    ok(names.includes(s.name) && names.includes(`${s.name}-2`), names.join());
    const once = await s.api.listAttachedClusters({parent: PARENT, pageSize: 1}, {autoPaginate: false});
    ok(once[0].length === 1 && once[2].nextPageToken, JSON.stringify(once));
  },

  async 'update by mask'(s) {
    const operation = await s.update(['description'], {description: 'mended'});
    const [cluster] = await operation.promise();
    deepStrictEqual([cluster.description, cluster.platformVersion], ['mended', '1.33.0-gke.1']);
  },

  async 'update without a mask'(s) {
    await violates(s.update([], {}), 'update_mask');
  },

  async 'agent token'(s) {
    const answer = await s.exchange();
    // Over REST the library does not know these names, for the API's JSON names are in snake case.
    if (s.isRest) return;
    deepStrictEqual(answer.tokenType, 'Bearer');
    ok(answer.expiresIn > 0 && answer.expiresIn <= 3600, answer.expiresIn);
    const cluster = await s.get(s.name, s.open(answer.accessToken));
    deepStrictEqual(cluster.name, s.name);
  },

  async 'agent token without a subject token'(s) {
    await violates(s.exchange({subjectToken: ''}), 'subject_token');
  },

  async 'agent token for a bad signature'(s) {
    const token = tampered(await subjectToken());
    const error = await fails(s.exchange({subjectToken: token}), INVALID_ARGUMENT);
    ok(!error.message.includes(token), 'the token is told');
  },

  async 'agent token of a missing cluster'(s) {
    await fails(s.exchange({attachedCluster: `${PARENT}/attachedClusters/missing`}), NOT_FOUND);
  },

  async 'missing cluster'(s) {
    const error = await fails(s.get(`${PARENT}/attachedClusters/missing`), NOT_FOUND);
    ok(error.message.endsWith('cluster not found'), error.message);
  },

  async 'operations list'(s) {
    const names = [];
    for await (const operation of s.api.listOperationsAsync({name: PARENT})) names.push(operation.name);
    ok(names.length > 0 && names.every(name => name.startsWith(`${PARENT}/operations/`)), names.join());
    const [operation] = await s.api.getOperation({name: names[0]});
    deepStrictEqual(operation.done, true);
  },

  async 'operation cancelled'(s) {
    await clock({freeze: true});
    try {
      const operation = await s.create(`${s.id}-never`);
      await operation.cancel();
      const error = await fails(operation.promise(), CANCELLED);
      ok(error, 'no error');
      await s.api.deleteOperation({name: operation.name});
      await fails(s.api.getOperation({name: operation.name}), NOT_FOUND);
    } finally {
      await clock({reset: true});
    }
  },

  async 'without credentials'(s) {
    await refused(s, null, UNAUTHENTICATED, 'CREDENTIALS_MISSING');
  },

  async 'without the scope'(s) {
    await refused(s, WITHOUT_SCOPE, PERMISSION_DENIED, 'ACCESS_TOKEN_SCOPE_INSUFFICIENT');
  },

  ...failing,

  async 'delete with an old etag'(s) {
    await fails(s.delete({name: s.name, etag: 'b2xk'}), ABORTED);
  },

  async 'delete, waited for'(s) {
    for (const name of [s.name, `${s.name}-2`]) {
      const {etag} = await s.get(name);
      const operation = await s.delete({name, etag});
      await operation.promise();
      await fails(s.get(name), NOT_FOUND);
    }
  },

  async 'delete what is missing'(s) {
    await fails(s.delete({name: s.name}), NOT_FOUND);
    const operation = await s.delete({name: s.name, allowMissing: true});
    deepStrictEqual(operation.latestResponse.done, true);
  },

  async import(s) {
    const fleetMembership = `projects/1234/locations/global/memberships/${s.id}-imported`;
    const request = {parent: PARENT, fleetMembership, platformVersion: '1.33.0-gke.1', distribution: 'aks'};
    const [operation] = await s.api.importAttachedCluster(request);
    const [cluster] = await operation.promise();
    deepStrictEqual(cluster.fleet.membership, fleetMembership);
  },
};
