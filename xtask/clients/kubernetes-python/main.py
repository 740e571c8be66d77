"""The Python libraries for Kubernetes, on the current context of KUBECONFIG."""

import sys

import asynchronous
import light
import official

sys.exit(1 if official.run() + asynchronous.run() + light.run() else 0)
