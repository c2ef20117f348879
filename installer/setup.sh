#!/bin/sh
# Finds a Python that works; installer/prepare.py does the rest. Usage: setup.sh demo|test|develop
set -eu
cd "$(dirname "$0")/.."
for candidate in .venv/bin/python python3.14 python3.13 python3.12 python3.11 python3; do
    # Running it is the only proof: pyenv leaves shims for versions that are not there.
    if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
        exec "$candidate" -m installer.prepare "$@"
    fi
done
echo "FarmDesk needs Python 3.11 or newer, and this machine has none." >&2
echo "On Debian 12, Ubuntu 24.04 or newer run:  sudo apt-get install python3 python3-venv" >&2
exit 1
