// The Node libraries for Kubernetes, on the current context of KUBECONFIG.

import {run} from './checks.mjs';
import * as modern from './modern.mjs';
import * as older from './older.mjs';

const failures =
  (await run('node', await modern.open(), modern.checks)) +
  (await run('node 0.22', await older.open(), older.checks));
process.exit(failures > 0 ? 1 : 0);
