#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# lint.sh - Icarus in strict Verilog-2005 and Verilator -Wall, on every module alone, on the whole core in every
# configuration and on every board; anything that a tool prints is a failure. (Only Icarus enforces Verilog-2005, see docs/verification.md.)
set -u
cd "$(dirname "$0")/.." || exit 2
status=0

check() {  # check NAME COMMAND...
    local name=$1 out
    shift
    if out=$("$@" 2>&1) && [ -z "$out" ]; then
        echo "ok - lint $name"
    else
        echo "not ok - lint $name: $(printf '%s\n' "$out" | head -n 1)"
        printf '%s\n' "$out" | sed 's/^/    /'
        status=1
    fi
}

# Icarus 11 cannot tell its version where it is relocated; that line is not about our code.
icarus() { iverilog -g2005 -Wall -Irtl -t null "$@" 2>&1 | grep -v '^Unable to get version'; [ "${PIPESTATUS[0]}" = 0 ]; }
verilate() { verilator --lint-only -Wall --language 1364-2005 -Irtl -Ifpga/rtl "$@"; }

for f in rtl/*.v fpga/rtl/*.v; do
    m=$(basename "$f" .v)
    # A module finds the others through -y, so that "alone" means: as the top, with its defaults. The FPGA's own cells: their stand-ins.
    check "$m (icarus)" icarus -y rtl -y fpga/rtl -y fpga/sim -s "$m" "$f"
    check "$m (verilator)" verilate -y fpga/rtl -y fpga/sim --top-module "$m" "$f"
done
# What stands in for modules of rtl/ on ECP5, over the models of its cells. Outputs of a cell that nobody needs are left open.
for f in fpga/ecp5/*.v; do
    m=$(basename "$f" .v)
    check "ecp5 $m (icarus)" icarus -y fpga/sim -s "$m" "$f"
    check "ecp5 $m (verilator)" verilate -Wno-PINMISSING -Wno-UNUSEDSIGNAL -y fpga/sim --top-module "$m" "$f"
done
for m in DP16KD PDPW16KD MULT18X18D; do
    check "model $m (icarus)" icarus -s "$m" "fpga/sim/$m.v"
    check "model $m (verilator)" verilate --top-module "$m" "fpga/sim/$m.v"
done
# Where its logic depends on them: the SDRAM controller's other shapes; and its model, which may be part of a simulated board.
for p in "DQ_W=32 ROW_W=11 COL_W=8 HAS_DQM=0" "DQ_W=32 ROW_W=11 COL_W=8 DATA_W=32" "DATA_W=512" "DATA_W=128 READ_LATE=2 HAS_DQM=0 CAS=2"; do
    read -ra params <<< "$p"
    check "lac_sdram $p (icarus)" icarus -y rtl -y fpga/rtl -s lac_sdram "${params[@]/#/-Plac_sdram.}" fpga/rtl/lac_sdram.v
    check "lac_sdram $p (verilator)" verilate -y fpga/rtl --top-module lac_sdram "${params[@]/#/-G}" fpga/rtl/lac_sdram.v
done
check "sdram_model (icarus)" icarus -s sdram_model fpga/tb/sdram_model.v
check "sdram_model (verilator)" verilate --top-module sdram_model fpga/tb/sdram_model.v

if [ -f rtl/lac_top.v ]; then
    for c in configs/*.cfg; do
        n=$(basename "$c" .cfg)
        mapfile -t params < <(sed -n 's/^\([A-Z_]*=[0-9]*\).*/\1/p' "$c")
        check "lac_top $n (icarus)" icarus -s lac_top "${params[@]/#/-Plac_top.}" rtl/*.v
        check "lac_top $n (verilator)" verilate --top-module lac_top "${params[@]/#/-G}" rtl/*.v
    done
    # The smallest and largest accumulator RAMs, of which no configuration is
    for depth in 2 3 8 32768; do
        mapfile -t params < <(sed -n "s/^ACC_DEPTH=.*/ACC_DEPTH=$depth/; s/^\([A-Z_]*=[0-9]*\).*/\1/p" configs/l4.cfg)
        check "lac_top l4 ACC_DEPTH=$depth (icarus)" icarus -s lac_top "${params[@]/#/-Plac_top.}" rtl/*.v
        check "lac_top l4 ACC_DEPTH=$depth (verilator)" verilate --top-module lac_top "${params[@]/#/-G}" rtl/*.v
    done
fi
# Each board, with stand-ins of the FPGA's own cells.
for f in fpga/*/top.v; do
    n=$(basename "$(dirname "$f")")
    check "board $n (icarus)" icarus -y rtl -y fpga/rtl -y fpga/sim -s top "$f"
    check "board $n (verilator)" verilate -Ifpga/rtl -Ifpga/sim --top-module top "$f"
done
# Every planted bug still changes its file.
check "mutations" scripts/mutate.sh --dry
# The Vivado scripts, over stand-ins of Vivado's commands.
if command -v tclsh > /dev/null; then
    tclsh scripts/check_vivado.tcl || status=1
else
    echo "skip - vivado: no tclsh"
fi
exit $status
