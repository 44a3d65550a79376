#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# prove.sh NAME... - prove the properties of RTL blocks with Yosys, yosys-smtbmc and z3
#
#   Output     one line a proof: `ok - formal NAME: how` or `not ok - formal NAME: ...`; logs in $B/formal
#   Environment B (default build), RTL (default rtl; a mutated copy, to see a proof fail)
cd "$(dirname "$0")/.." || exit 2
B=${B:-build} RTL=${RTL:-rtl} out=${B:-build}/formal status=0
mkdir -p "$out"

# smt NAME TOP 'FILES' 'READ OPTIONS' 'PARAMETERS' ['EXTRA COMMANDS']: NAME.smt2
smt() {
    yosys -q -l "$out/$1.yosys.log" -p "
        read_verilog -formal $4 -I$RTL $3
        hierarchy -check -top $2 $5
        proc; flatten; opt_clean; $6
        prep -top $2; memory_map; opt -full -nodffe -nosdff; async2sync; dffunmap; opt_clean
        write_smt2 -wires $out/$1.smt2" > "$out/$1.yosys.err" 2>&1
}
# verdict NAME 'HOW' ARGUMENTS...: run yosys-smtbmc, print the line
verdict() {
    name=$1 how=$2; shift 2
    if yosys-smtbmc -s z3 --noprogress --unroll "$@" --dump-vcd "$out/$name.vcd" "$out/$name.smt2" > "$out/$name.log" 2>&1; then return 0; fi
    echo "not ok - formal $name: $how fails: $(grep -m1 -E 'Assert failed|PREUNSAT|[Uu]nreached|Warmup|rror' "$out/$name.log" | sed 's/^## *[0-9:]* *//'); see $out/$name.log, $name.vcd"
    return 1
}
# prove NAME TOP 'FILES' 'READ OPTIONS' 'PARAMETERS' EXTRA base|induction DEPTH [COVER_DEPTH]
prove() {
    pname=$1 kind=$7 depth=$8 cover=$9
    if ! smt "$@"; then
        echo "not ok - formal $pname: yosys fails: $(tail -n 1 "$out/$pname.yosys.err")"; status=1; return
    fi
    verdict "$pname" "bounded proof, $depth cycles" -t "$depth" || { status=1; return; }
    how="bounded, $depth cycles"
    if [ "$kind" = induction ]; then
        verdict "$pname" "induction, depth $depth" -i -t "$depth" || { status=1; return; }
        how="unbounded, by induction"
    fi
    if [ -n "$cover" ]; then
        verdict "$pname" "cover, $cover cycles" -c -t "$cover" || { status=1; return; }
        how="$how; every cover reached"
    fi
    echo "ok - formal $pname: $how"
}

axi() { echo "$RTL/lac_axi_$1.v $RTL/lac_axi_cut.v $RTL/lac_skid.v $RTL/lac_fifo.v formal/f_axi_$1.v"; }

for name in "$@"; do
    case $name in
    skid)      prove skid lac_skid "$RTL/lac_skid.v" -DFORMAL_LAC_SKID "-chparam W 3" "" induction 3 ;;
    fifo)      prove fifo lac_fifo "$RTL/lac_fifo.v" -DFORMAL_LAC_FIFO "-chparam W 3 -chparam DEPTH 4 -chparam LEVEL_W 3" "" induction 3 ;;
    fifo_odd)  prove fifo_odd lac_fifo "$RTL/lac_fifo.v" -DFORMAL_LAC_FIFO "-chparam W 3 -chparam DEPTH 5 -chparam LEVEL_W 3" "" induction 3 ;;
    ffs)       prove ffs lac_ffs "$RTL/lac_ffs.v" -DFORMAL_LAC_FFS "-chparam W 33 -chparam INDEX_W 6" "" induction 1 ;;
    axil)      prove axil lac_axil "$RTL/lac_axil.v" -DFORMAL_LAC_AXIL "" "" induction 4 ;;
    cut)       prove cut lac_axi_cut "$RTL/lac_axi_cut.v" -DFORMAL_LAC_AXI_CUT "-chparam ADDR_W 32 -chparam DATA_W 64 -chparam BURST 32" "" induction 2 ;;
    cut_odd)   prove cut_odd lac_axi_cut "$RTL/lac_axi_cut.v" -DFORMAL_LAC_AXI_CUT "-chparam ADDR_W 40 -chparam DATA_W 32 -chparam BURST 7" "" induction 2 ;;
    cut_page)  prove cut_page lac_axi_cut "$RTL/lac_axi_cut.v" -DFORMAL_LAC_AXI_CUT "-chparam ADDR_W 33 -chparam DATA_W 512 -chparam BURST 256" "" induction 2 ;;
    axi_rd)    prove axi_rd f_axi_rd "$(axi rd)" "" "-chparam DATA_W 64 -chparam BURST 2" "" base 14 20 ;;
    axi_rd_32) prove axi_rd_32 f_axi_rd "$(axi rd)" "" "-chparam DATA_W 32 -chparam BURST 3" "" base 14 ;;
    axi_wr)    prove axi_wr f_axi_wr "$(axi wr)" "" "-chparam DATA_W 64 -chparam BURST 2" "" base 14 20 ;;
    axi_wr_32) prove axi_wr_32 f_axi_wr "$(axi wr)" "" "-chparam DATA_W 32 -chparam BURST 3" "" base 14 ;;
    *)         echo "not ok - formal $name: no such proof"; status=1 ;;
    esac
done
exit $status
