#!/usr/bin/env bash
# Run by root: runs the conformance suite once more as a user without any rights.
set -euo pipefail
cd "$(dirname "$0")/.."

user=codeact-tester
id "$user" >/dev/null 2>&1 || useradd --create-home "$user"
home=$(getent passwd "$user" | cut -d: -f6)
work=$(mktemp -d "$home/codeact.XXXXXX")
trap 'rm -rf "$work"' EXIT
tar --exclude=.git -cf - . | tar -xf - -C "$work"
chown -R "$user" "$work"
setpriv --reuid "$user" --regid "$user" --clear-groups --reset-env -- \
  env CI="${CI:-}" bash -c "cd '$work' && PATH=$work/node_modules/.bin:\$PATH && node dist/cli/main.js setup && vitest run test/runtime-conformance.test.ts test/attacks test/churn.test.ts"
