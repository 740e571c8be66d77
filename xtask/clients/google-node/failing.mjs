// Checks of what fails on order: what the library tries again, and what it tells of the rest.

import {deepStrictEqual} from 'node:assert/strict';
import {ask, clock} from './emulator.mjs';
import {fails} from './wants.mjs';

// Canonical codes.
const [DEADLINE_EXCEEDED, PERMISSION_DENIED, RESOURCE_EXHAUSTED] = [4, 7, 8];
const [FAILED_PRECONDITION, INTERNAL] = [9, 13];

// Lets the next requests for a method fail.
const order = fault => ask('/_emulator/v1/faults', fault);

// How often the session's cluster was got, as the emulator's journal has it.
async function asked(s) {
  const {entries} = JSON.parse(await ask('/_emulator/v1/journal'));
  const isGet = ({method, path}) =>
    path.endsWith('/GetAttachedCluster') || (method === 'GET' && path === `/v1/${s.name}`);
  return entries.filter(isGet).length;
}

export const failing = {
  async 'tried again by the library'(s) {
    const before = await asked(s);
    await order({code: 'UNAVAILABLE', method: 'GetAttachedCluster', times: 2});
    const {name} = await s.get();
    deepStrictEqual([name, (await asked(s)) - before], [s.name, 3]);
  },

  async 'not tried again by the library'(s) {
    const before = await asked(s);
    await order({code: 'INTERNAL', method: 'GetAttachedCluster'});
    await fails(s.get(), INTERNAL);
    deepStrictEqual((await asked(s)) - before, 1);
  },

  async 'over quota'(s) {
    await order({code: 'RESOURCE_EXHAUSTED', reason: 'RATE_LIMIT_EXCEEDED', method: 'AgentToken'});
    const error = await fails(s.exchange(), RESOURCE_EXHAUSTED);
    deepStrictEqual([error.reason, error.domain], ['RATE_LIMIT_EXCEEDED', 'googleapis.com']);
    deepStrictEqual(error.errorInfoMetadata.quota_limit, 'RequestsPerMinutePerProject');
  },

  async 'without the permission'(s) {
    await order({code: 'PERMISSION_DENIED', reason: 'IAM_PERMISSION_DENIED', method: 'GetAttachedCluster'});
    const error = await fails(s.get(), PERMISSION_DENIED);
    deepStrictEqual([error.reason, error.domain], ['IAM_PERMISSION_DENIED', 'iam.googleapis.com']);
    const {permission, resource} = error.errorInfoMetadata;
    deepStrictEqual([permission, resource], ['gkemulticloud.attachedClusters.get', s.name]);
  },

  async 'an operation that fails'(s) {
    const id = `${s.id}-broken`;
    const fail = {code: 'FAILED_PRECONDITION', message: 'no quota is left', target: id};
    await ask('/_emulator/v1/operations', {fail});
    const operation = await s.create(id);
    const error = await fails(operation.promise(), FAILED_PRECONDITION);
    deepStrictEqual(error.message.endsWith('no quota is left'), true, error.message);
  },

  async 'an operation that takes too long'(s) {
    await clock({freeze: true});
    try {
      const longrunning = {
        initialRetryDelayMillis: 50,
        retryDelayMultiplier: 1.5,
        maxRetryDelayMillis: 100,
        totalTimeoutMillis: 500,
      };
      const operation = await s.create(`${s.id}-late`, {}, {longrunning});
      await fails(operation.promise(), DEADLINE_EXCEEDED);
    } finally {
      await clock({reset: true});
    }
  },
};
