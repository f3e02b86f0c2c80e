#!/usr/bin/env bash
# Installs promoter and exactly what its lock names (versions and hashes) into a virtual environment of its own: nothing
# of the job's Python is used but its interpreter, nothing is put on its PATH.
# Arguments: the folder of promoter's source, the folder to install into, the lock in the source (action's by default).
set -euo pipefail
source_folder=$1
target=$2
lock=${3:-action/requirements.lock}

# A step before this one may have installed it, perhaps another version of it.
wanted="$source_folder $(sha256sum <"$source_folder/$lock")"
if [ "$(cat "$target/installed" 2>/dev/null)" = "$wanted" ]; then
  exit 0
fi
rm -rf "$target/venv" "$target/installed"

python=""
for candidate in python3.13 python3.12 python3.11 python3 "${RUNNER_TOOL_CACHE:-/nowhere}"/Python/3.1[1-9].*/*/bin/python3; do
  if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    python=$candidate
    break
  fi
done
if [ -z "$python" ]; then
  echo "::error title=promoter::no Python 3.11 or newer on this runner; set one up before this step"
  exit 1
fi

# The job's own settings of Python and pip are not ours.
unset PYTHONPATH PYTHONHOME PIP_REQUIRE_VIRTUALENV PIP_TARGET PIP_USER
"$python" -m venv "$target/venv"
pip=("$target/venv/bin/python" -m pip --quiet --disable-pip-version-check --no-input)
"${pip[@]}" install --require-hashes --only-binary :all: -r "$source_folder/$lock"
site=$("$target/venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
printf '%s\n' "$source_folder" >"$site/promoter.pth"
cat >"$target/venv/bin/promoter" <<SCRIPT
#!$target/venv/bin/python -P
from promoter.cli.main import main

raise SystemExit(main())
SCRIPT
chmod +x "$target/venv/bin/promoter"
printf '%s' "$wanted" >"$target/installed"
