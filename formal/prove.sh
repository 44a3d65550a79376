#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# prove.sh NAME... - prove the properties of RTL blocks
#
#   Engines    induction: yosys-smtbmc and z3. Bounded proofs: the bmc3 of yosys-abc, much faster than z3 on these
#   Output     one line a proof: `ok - formal NAME: how` or `not ok - formal NAME: ...`; logs and traces in $B/formal
#   Environment B (default build), RTL (default rtl; a mutated copy, to see a proof fail)
cd "$(dirname "$0")/.." || exit 2
B=${B:-build} RTL=${RTL:-rtl} status=0
out=$B/formal
mkdir -p "$out"

# elaborate NAME TOP 'FILES' 'OPTIONS OF read_verilog' 'OPTIONS OF hierarchy' ['EXTRA COMMANDS AFTER flatten']
# writes NAME.smt2 and, with covers left out, NAME.aig
elaborate() {
    yosys -q -l "$out/$1.yosys.log" -p "
        read_verilog -formal $4 -I$RTL $3
        hierarchy -check -top $2 $5
        proc; flatten; $6
        prep -top $2; memory_map; opt -full -nodffe -nosdff; async2sync; dffunmap; opt_clean
        write_smt2 -wires $out/$1.smt2
        chformal -cover -remove; delete -output; simplemap; techmap; opt_clean
        abc -g AND -fast; opt_clean; setundef -anyseq; opt_clean
        write_aiger -zinit -no-startoffset -map $out/$1.aim $out/$1.aig" > "$out/$1.yosys.err" 2>&1 && return
    bad "$1" "yosys fails: $(tail -n 1 "$out/$1.yosys.err")"
}
bad() { echo "not ok - formal $1: $2"; status=1; return 1; }
where() { grep -m1 -E 'Assert failed|PREUNSAT|Unreached|rror' "$1" | sed 's/^## *[0-9:]* *//; s/ (\$.*//'; }
smtbmc() { yosys-smtbmc -s z3 --noprogress --unroll "$@" > "$out/$name.log" 2>&1; }

# induction NAME DEPTH: the base case and the step
induction() {
    name=$1
    if ! smtbmc -t "$2" --dump-vcd "$out/$1.vcd" "$out/$1.smt2"; then bad "$1" "base case: $(where "$out/$1.log")"
    elif ! smtbmc -i -t "$2" --dump-vcd "$out/$1.vcd" "$out/$1.smt2"; then bad "$1" "induction: $(where "$out/$1.log")"
    else echo "ok - formal $1: unbounded, by induction"
    fi
}
# bounded NAME CYCLES
bounded() {
    name=$1
    yosys-abc -c "read_aiger $out/$1.aig; fold; strash; bmc3 -F $2; write_cex -a $out/$1.aiw" > "$out/$1.abc.log" 2>&1
    if grep -q "No output asserted in $2 frames" "$out/$1.abc.log"; then
        echo "ok - formal $1: bounded, $2 cycles"
    elif grep -q 'was asserted in frame' "$out/$1.abc.log"; then  # replay it, for the name of the property and a trace
        smtbmc -t "$2" --aig "$out/$1.aim:$out/$1.aiw" --aig-noheader --dump-vcd "$out/$1.vcd" "$out/$1.smt2"
        bad "$1" "$(where "$out/$1.log"); trace $out/$1.vcd"
    else
        bad "$1" "no verdict: $(tail -n 1 "$out/$1.abc.log")"
    fi
}
axi() { echo "$RTL/lac_axi_$1.v $RTL/lac_axi_cut.v $RTL/lac_skid.v $RTL/lac_fifo.v $RTL/lac_first.v formal/f_axi_$1.v"; }

# f_mac looks at lac_mac's insides
mac_wires() {
    for w in what_q s0_at_q s1_at_q s2_at_q s3_at_q s4_at_q s0_w_q s0_a_q s1_near_q s1_second_q s1_third_q s1_fourth_q \
             s2_near_q s2_second_q s2_late_q s3_near_q s4_ovf_q s4_sum_q s5_sum_q far_q own_q late_q; do
        echo "connect -set $w dut.$w;"
    done
    echo "connect -set mul_a dut.u_mul.a_q; connect -set mul_b dut.u_mul.b_q;"
    echo "connect -set mul_p1 dut.u_mul.product_q; connect -set mul_p2 dut.u_mul.p_q;"
    for b in 0 1; do
        echo "connect -set dut.g_bank[$b].u_acc.f_addr f_addr;"
        echo "connect -set word$b dut.g_bank[$b].u_acc.f_word; connect -set latch$b dut.g_bank[$b].u_acc.f_latch;"
        echo "connect -set ram$b dut.g_bank[$b].u_acc.out_q; connect -set write$b dut.write${b}_q;"
    done
}

for p in "$@"; do
    case $p in
    skid)         elaborate $p lac_skid "$RTL/lac_skid.v" -DFORMAL_LAC_SKID "-chparam W 3" && induction $p 3 ;;
    late)         elaborate $p lac_late "$RTL/lac_late.v $RTL/lac_fifo.v $RTL/lac_skid.v" "-DFORMAL -DFORMAL_LAC_LATE" "-chparam W 1" && bounded $p 20 ;;
    fifo)         elaborate $p lac_fifo "$RTL/lac_fifo.v" -DFORMAL_LAC_FIFO "-chparam W 3 -chparam DEPTH 4 -chparam LEVEL_W 3" && induction $p 3 ;;
    fifo_odd)     elaborate $p lac_fifo "$RTL/lac_fifo.v" -DFORMAL_LAC_FIFO "-chparam W 3 -chparam DEPTH 5 -chparam LEVEL_W 3" && induction $p 3 ;;
    ffs)          elaborate $p lac_ffs "$RTL/lac_ffs.v $RTL/lac_first.v" -DFORMAL_LAC_FFS "-chparam W 33 -chparam INDEX_W 6" && induction $p 1 ;;
    ffs_tree)     elaborate $p lac_ffs "$RTL/lac_ffs.v $RTL/lac_first.v" -DFORMAL_LAC_FFS "-chparam W 9 -chparam INDEX_W 4" && induction $p 1 ;;
    few)          elaborate $p lac_few "$RTL/lac_few.v" -DFORMAL_LAC_FEW "-chparam W 32" && induction $p 1 ;;
    lane_queue)   elaborate $p lac_lane_queue "$RTL/lac_lane_queue.v" -DFORMAL_LAC_LANE_QUEUE "-chparam COL_W 2 -chparam OP_W 3 -chparam PLACES 4 -chparam AFULL 3" && induction $p 3 ;;
    lane_decode)  elaborate $p lac_lane_decode "$RTL/lac_lane_decode.v $RTL/lac_fifo.v" "-DFORMAL -DFORMAL_LAC_LANE_DECODE" && induction $p 2 ;;
    axil)         elaborate $p lac_axil "$RTL/lac_axil.v" -DFORMAL_LAC_AXIL && induction $p 4 ;;
    cut)          elaborate $p lac_axi_cut "$RTL/lac_axi_cut.v" -DFORMAL_LAC_AXI_CUT && induction $p 2 ;;
    cut_odd)      elaborate $p lac_axi_cut "$RTL/lac_axi_cut.v" -DFORMAL_LAC_AXI_CUT "-chparam ADDR_W 40 -chparam DATA_W 32 -chparam BURST 7" && induction $p 2 ;;
    cut_page)     elaborate $p lac_axi_cut "$RTL/lac_axi_cut.v" -DFORMAL_LAC_AXI_CUT "-chparam ADDR_W 33 -chparam DATA_W 512 -chparam BURST 256" && induction $p 2 ;;
    axi_rd_bus)   elaborate $p f_axi_rd "$(axi rd)" "" "-chparam LINES 0" && bounded $p 13 ;;
    axi_rd_lines) elaborate $p f_axi_rd "$(axi rd)" "" "-chparam LINES 1" && bounded $p 12 ;;
    axi_rd_half)  elaborate $p f_axi_rd "$(axi rd)" "" "-chparam LINES 1 -chparam DATA_W 32 -chparam BURST 3" && bounded $p 12 ;;
    axi_rd_three) elaborate $p f_axi_rd "$(axi rd)" "" "-chparam LINES 1 -chparam CLIENTS 3" && bounded $p 11 ;;
    axi_wr_bus)   elaborate $p f_axi_wr "$(axi wr)" "" "-chparam LINES 0" && bounded $p 14 ;;
    axi_wr_lines) elaborate $p f_axi_wr "$(axi wr)" "" "-chparam LINES 1" && bounded $p 14 ;;
    axi_wr_half)  elaborate $p f_axi_wr "$(axi wr)" "" "-chparam LINES 1 -chparam DATA_W 32 -chparam BURST 3" && bounded $p 13 ;;
    mac)          elaborate $p f_mac "$RTL/lac_mac.v formal/f_mul.v formal/f_ram.v formal/f_mac.v" "" "" "$(mac_wires)" && induction $p 2 ;;
    *)            bad "$p" "no such proof" ;;
    esac
done
exit $status
