#!/bin/sh
# Makes .venv if there is none and installs one pinned set into it: sh requirements/install.sh local|dev
# `moved`: the folder has another name than before, and .venv/bin/askpress names the old one; needs no network.
# The Makefile calls it with PYTHON set; it is plain sh because it runs before anything of ours is installed.
set -eu
set_name=$1
python=${PYTHON:-python3}

fail() {
    echo "askpress: $*" >&2
    exit 1
}

other_python() {
    for name in python3.14 python3.13 python3.12 python3.11; do
        if command -v "$name" >/dev/null 2>&1; then
            echo "$name is here: make PYTHON=$name"
            return
        fi
    done
    echo "install one, then: make PYTHON=python3.12 (or its path)"
}

check_python() {
    command -v "$python" >/dev/null 2>&1 || fail "$python was not found. Python 3.11 to 3.14 is needed; $(other_python)"
    found=$("$python" -c 'import sys; print("%s %d.%d.%d" % ((sys.implementation.name,) + sys.version_info[:3]))') ||
        fail "$(command -v "$python") does not run. Python 3.11 to 3.14 is needed; $(other_python)"
    case $found in
    "cpython 3.11."* | "cpython 3.12."* | "cpython 3.13."* | "cpython 3.14."*) ;;
    *) fail "$(command -v "$python") is $found. Python 3.11 to 3.14 is needed; $(other_python)" ;;
    esac
    # Debian and Ubuntu ship venv without ensurepip, which then fails halfway with a page of words.
    "$python" -c 'import ensurepip, venv' 2>/dev/null ||
        fail "$python has no venv module. On Debian and Ubuntu: apt install $(echo "$found" | sed 's/cpython \(3\.[0-9]*\).*/python\1/')-venv"
}

make_venv() {
    check_python
    echo "Making .venv with $(command -v "$python") ($found)"
    # --clear: what is left may belong to a Python that is gone.
    "$python" -m venv --clear .venv || fail "$python could not make .venv in $(pwd): see the lines above."
}

pip_install() {
    .venv/bin/python -m pip install --quiet --no-input --disable-pip-version-check --no-deps --no-compile "$@" ||
        fail "Installing ($set_name) failed: see pip's lines above. It is safe to run the same command again."
}

install_ours() {
    pip_install --no-build-isolation --editable .
    pwd >.venv/place
}

if [ "$set_name" = moved ]; then
    install_ours
    exit
fi
.venv/bin/python -m pip --version >/dev/null 2>&1 || make_venv
count=$(grep -c '==' "requirements/$set_name.txt")
echo "Installing the $count pinned packages of requirements/$set_name.txt into .venv (once; downloads take their time)"
pip_install --require-hashes --only-binary :all: -r "requirements/$set_name.txt"
install_ours
touch ".venv/$set_name.installed"
