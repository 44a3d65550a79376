#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# mutate.sh [NAME... | --dry] - plant one bug after the other in the RTL and see whether the tests notice
#
# Each line of the table: name, file, sed expression. The bug goes into a copy of rtl/, the copy is Verilated as configuration `odd`, and
# test_random (200 jobs) and, if that is still green, test_faults, test_directed, test_lists, test_rules and then the proofs of
# the small blocks run on it. A bug nobody notices is "not ok". An expression that changes
# nothing is too (--dry looks for those alone, in a moment, and says nothing where there are none). Takes about a minute a bug.
set -u
cd "$(dirname "$0")/.." || exit 2
B=${B:-build}
table='
forward-one     lac_mac.v          s/s1_near_q   <= what_q\[4\] .*;/s1_near_q   <= 1'"'"'b0;/
forward-four    lac_mac.v          s/s1_third_q || s1_fourth_q;/s1_third_q;/
forward-bank    lac_mac.v          s/what_q\[8\] \&\& s2_at_q == s0_at_q/what_q[8] \&\& s2_at_q[ACC_AW-1:0] == s0_at_q[ACC_AW-1:0]/
overflow        lac_mac.v          s/sum\[36\] != sum\[35\]/1'"'"'b0/
pair-done       lac_lane_fetch.v   s/r2_done_q <= r2_next == r2_final_q;/r2_done_q <= 1'"'"'b1;/
pair-mark       lac_lane_decode.v  s/MARK = 5.d12/MARK = 5'"'"'d13/
two-words       lac_lane_fetch.v   s/f_tail_q  <= f_next == f_last_q;/f_tail_q  <= 1'"'"'b1;/
slot-wrap       lac_lane_fetch.v   s/l_sum >= t_per;/l_sum > t_per;/
table-limit     lac_lane_fetch.v   s/> {l_limit_q, 1.b0}/> {l_limit_q, 1'"'"'b1}/
padding         lac_lane_decode.v  s/wire err1  = r_out1_q/wire err1  = 1'"'"'b0 \&\& r_out1_q/
row-limit       lac_lane_decode.v  s/!row0\[ROW_W-1\], g_has1_q/!row0[ROW_W-1] \&\& row0[ACC_AW-1:0] != {ACC_AW{1'"'"'b0}}, g_has1_q/
phase           lac_lane_decode.v  s/phase_q + 3.d1 == d_n_q/phase_q == d_n_q/
pair-order      lac_lane_decode.v  s/second_q <= more;/second_q <= 1'"'"'b0;/
last-flag       lac_scan.v         s/place >= I\[5:0\])/place > I[5:0])/
low-mask        lac_scan.v         s/<< a1_lo_q)/<< 5'"'"'d0)/
skip-word       lac_scan.v         s/? sum_q \& a2_keep_q :/? sum_q \& a2_keep_q \& 32'"'"'h7FFFFFFF :/
zero-point      lac_exec.v         s/{x\[15\], x} - {e1_zero\[15\], e1_zero}/{x[15], x} - {1'"'"'b0, e1_zero}/
group-flag      lac_exec.v         s/e1_f_q\[i\] ?/1'"'"'b1 ?/
mask-any        lac_exec.v         s/{LANES{e3_end_q}} | mask/{LANES{1'"'"'b1}}/
summary-tail    lac_features.v     s/(w_last || w_addr/(w_addr/
dense-edge      lac_load_feat.v    s/!(b_end_q \&\& behind\[i\])/1'"'"'b1/
list-order      lac_load_feat.v    s/index <= above_q/1'"'"'b0/
param-lane      lac_load.v         s/{1.b0, word\[15:8\]} >= LANES9/1'"'"'b0/
chunk-clear     lac_load.v         s/{LANES{first_chunk}}/{LANES{1'"'"'b0}}/
item-clock      lac_top.v          s/ex_valid || exec_busy ||/ex_valid ||/
store-clock     lac_top.v          s/st_valid || store_busy/st_valid/
store-zero      lac_store.v        s/assign st_zero  = .*;/assign st_zero  = 1'"'"'b0;/
store-first     lac_cmd.v          s/old_valid\[1\] \&\& gap_ex\[4\]/1'"'"'b0/
token-promise   lac_cmd.v          s/promise == (pair_q\[0\] ? 4.d15 : 4.d0)/pair_q[0] \&\& promise == 4'"'"'d15/
lowest-error    lac_cmd.v          s/!have_q || lower\[4\]/!have_q/
window          lac_check.v        s/{line_at, 1.b0} < {base, base_odd}/1'"'"'b0/
bounds          lac_check.v        s/(is_lf || (is_lx \&\& x_need)) \&\& (acc_big_q/1'"'"'b0 \&\& (acc_big_q/
columns-bounds  lac_check.v        s/(is_lf || (is_lx \&\& x_need)) \&\& (acc_big_q/is_lf \&\& (acc_big_q/
reserved-word   lac_slots.v        s/<= line_at\[3:0\] + set_at/<= set_at/
run-counters    lac_regs.v         s/fresh_q \&\& at >= turn_q/fresh_q \&\& at > turn_q/
octet-carry     lac_load_table.v   s/last_q ? 11.d0 : ends\[.*\];/11'"'"'d0;/
octet-descends  lac_load_table.v   s/ || !q_diff\[5\]//
octet-over      lac_load_table.v   s/: columns2_q \&\& used_q/: 1'"'"'b0 \&\& columns2_q \&\& used_q/
empty-column    lac_load.v         s/make_q || empty/make_q/
others-lines    lac_load.v         s/own \&\& !none_left/own/
early-request   lac_load.v         s/ST_COLS: *asked_all = .*;/ST_COLS: asked_all = 1'"'"'b1;/
index-window    lac_load_ask.v     s/by_lines <= is_w || over_q/by_lines <= is_w/
fault-goes-on   lac_load.v         s/err_q || !fault2_q/1'"'"'b1/
lists-request   lac_load_feat.v    s/!none_q \&\& !bad_q;/!none_q;/
kept-words      lac_lane_fetch.v   s/c_sum > t_per ?/c_sum >= t_per ?/
kept-fits       lac_lane_fetch.v   s/c_fits  = .*;/c_fits  = 1'"'"'b1;/
needed-wide     lac_needed.v       s/pick_at \& HALF/pick_at/
needed-last     lac_needed.v       s/beyond = .*;/beyond = {4{a2_last_q}} << 2 << last_col_q[1:0];/
needed-before   lac_needed.v       s/2.d2 ? v_two_q : v_three_q/2'"'"'d2 ? v_three_q : v_three_q/
needed-short    lac_needed.v       s/assign x_bad = bad_q;/assign x_bad = 1'"'"'b0;/
cause-run       lac_top.v          s/run_q      <= busy || started;/run_q      <= busy;/
cause-busy      lac_lane.v         s/cause = e_en ?/cause = e_valid ?/
read-last       lac_axi_rd.v       s/cur_last_q       <= cur_left_q == 8.d1/cur_last_q       <= cur_left_q == 8'"'"'d2/
first-set       lac_first.v        s/reach < W; reach/reach < W \/ 4; reach/
cause-tally     lac_tally.v        s/~c_live_q}/{W{1'"'"'b0}}}/
list-head       lac_pack.v         s/k_head_q  <= head;/k_head_q  <= 1'"'"'b0;/
pack-strobes    lac_pack.v         s/begun_q ? strb_q : {LB{1.b0}}/strb_q/
store-lane      lac_store.v        s/low3_q\[l % 8\] \&\&/1'"'"'b1 \&\&/
store-index     lac_store.v        s/t0_param   = c_param_row.*;/t0_param   = t0_index_q;/
window-first    lac_scan.v         s/ \&\& (!c2_first_q || {1.b0, c2_lo} < NEXT\[6:0\])//
window-left     lac_windows.v      s/lo     = before ? 16.d0 :/lo     =/
window-right    lac_windows.v      s/= beyond ? most_q :/=/
window-column   lac_windows.v      s/ahead  = before ? w_s_q :/ahead  =/
window-none     lac_windows.v      s/(!none || w_last)/!none/
window-row      lac_windows.v      s/w_s_q      <= w_row ? w_s0_q :/w_s_q      <=/
window-base     lac_windows.v      s/w_base_q   <= w_base_q + .*;/w_base_q   <= w_row ? w_base_q : w_base_q + rows_q[ACC_AW-1:0];/
pixel-index     lac_store.v        s/t0_index_q <= t0_end ?/t0_index_q <= t0_over ?/
pixel-end       lac_store.v        s/end_q\[STAGES-2:0\], t0_told}/end_q[STAGES-2:0], t0_end}/
pixel-spill     lac_check.v        s/ || spill_q ||/ ||/
pixel-width     lac_check.v        s/WINDOWS != 0 \&\& (third_q ||/WINDOWS != 0 \&\& (/
pixel-apart     lac_exec.v         s/c_apart != 16.d0 ? c_apart : c_rows/1'"'"'b0 ? c_apart : c_rows/
pixel-lane      lac_lane_decode.v  s/cfg_place \& {2{format == 2.d3}}/2'"'"'d0/
pixel-guard     lac_store.v        s/t0_drop  = sweep_q || (c_pix \&\& !c_pool \&\& (t0_pixel_q > c_pixels ||/t0_drop  = sweep_q || (c_pix \&\& !c_pool \&\& (/
pixel-top       lac_store.v        s/ || t0_point_q <= {12.d0, c_top}//
pixel-bottom    lac_store.v        s/if (WINDOWS == 0 || !(t0_valid_q/if (WINDOWS != 0 || !(t0_valid_q/
pixel-last      lac_check.v        s/{2.d0, rows} - {2.d0, between} : 18.d0/18'"'"'d0 : 18'"'"'d0/
pool-largest    lac_requant.v      s/\$signed(sum2_q) > \$signed(sum_q)/sum2_q > sum_q/
pool-first      lac_requant.v      s/else if (first || (add/else if ((add/
pool-nothing    lac_requant.v      s/in_acc\[35\] || none/in_acc[35]/
pool-right      lac_store.v        s/ || {{(R_W-4){1.b0}}, tx_q} >= rem_x_q//
pool-below      lac_store.v        s/ || {{(R_W-4){1.b0}}, ty_q} >= rem_y_q//
pool-above      lac_store.v        s/ || ty_q < skip_y_q ||/ ||/
pool-left       lac_store.v        s/skip_x_q > dx ? skip_x_q - dx :/1'"'"'b1 ? skip_x_q :/
pool-behind     lac_store.v        s/rem_y_q > wide_dy ? rem_y_q - wide_dy : {R_W{1.b0}}/rem_y_q - wide_dy/
pool-step       lac_store.v        s/if (n < dy) step_y_q/if (n < dx) step_y_q/
pool-top        lac_store.v        s/later \&\& m < c_top/1'"'"'b0/
pool-sweep      lac_store.v        s/row_q <= pitch;/row_q <= c_pixels;/
pool-end        lac_requant.v      s/mult_q, tap2_q\[0\]}/mult_q, 1'"'"'b1}/
mean-outside    lac_requant.v      s/!(tap2_q\[2\] || (in_average/!((in_average/
mean-relu       lac_requant.v      s/in_average\[1\] \&\& sum2_q\[36\]/sum2_q[36]/
mean-first      lac_requant.v      s/if (first \&\& !counted)/if (1'"'"'b0)/
mean-wide       lac_requant.v      s/sum_q + sum2_q;/{sum_q[35], sum_q[35:0] + sum2_q[35:0]};/
mean-kind       lac_check.v        s/ || w11\[25:24\] == 2.d3//
mean-raw        lac_check.v        s/ || (w11\[25:24\] != 2.d0 \&\& type_ == 2.d3)//
pool-rows       lac_check.v        s/all_rows = pool ? w12\[15:0\] : points/all_rows = points/
pool-fields     lac_check.v        s/ || w11\[11:8\] == 4.d0//
wide-byte       lac_lane.v         s/{e_long ? e_row\[7:0\] : {8{e_weight\[7\]}}, e_weight}/{{8{e_weight[7]}}, e_weight}/
wide-row        lac_lane.v         s/x_row = e_row \& ~.*;/x_row = e_row;/
wide-padding    lac_lane_decode.v  s/d_solid_q <= format == 2.d2 || cfg_long\[in_job\]/d_solid_q <= format == 2'"'"'d2/
round           lac_requant.v      s/in_zero, low10\[14\] || half10_q}/in_zero, 1'"'"'b0}/
map-ring        lac_map_list.v     s/!(sure_q \&\& !old_q)/1'"'"'b0/
map-wipe        lac_map_list.v     s/wipe   = b_new .*;/wipe   = 1'"'"'b0;/
map-order       lac_map_list.v     s/!empty_q \&\& !b_up_q/1'"'"'b0/
map-ahead       lac_map_cursor.v   s/ \&\& !(site_q \&\& joins)//
map-full        lac_map_cursor.v   s/hp = fp_q || (h1 \&\& vq_q)/hp = fp_q/
map-under       lac_map_merge.v    s/{told \&\& !under,/{told,/
map-comes       lac_map_merge.v    s/: next_key\[60\*i +: 60\] < t_q/: key[60*i +: 60] < t_q/
map-single      lac_map_join.v     s/(move \&\& r_end ? three : two)/three/
map-none        lac_map_join.v     s/none_q   <= .*;/none_q   <= 1'"'"'b0;/
map-final       lac_map_emit.v     s/done_q <= left_q == 6.d2/done_q <= left_q == 6'"'"'d3/
map-site        lac_map_aim.v      s/last_q <= ones_q == 6.d2/last_q <= ones_q == 6'"'"'d3/
map-residue     lac_map_scale.v    s/sub3_q <= sub_q - .*;/sub3_q <= sub_q;/
map-header      lac_map_write.v    s/in_head \&\& head_n_q == 4.d15/in_head \&\& head_n_q == 4'"'"'d14/
store-last      lac_store.v        s/t0_over ? row_q == 16.d1 :/t0_over ? 1'"'"'b0 :/
store-final     lac_store.v        s/t0_point_q + 16.d1 == rows_q/t0_point_q == rows_q/
pool-tap        lac_store.v        s/tx_last ? kx == 4.d1 :/tx_last ? 1'"'"'b0 :/
pool-begin      lac_store.v        s/later ? m < py :/second ? m < py :/
rules-grow      lac_rules_cache.v  s/ \&\& !second_q;.*/;/
rules-ask       lac_rules_cache.v  s/grows || !o_valid_q || ask_ready/1'"'"'b1/
scan-last       lac_scan.v         s/c1_first   = c1_windows/c1_first   = 1'"'"'b1/
map-long        lac_map_list.v     s/next ? q_valid \&\& (.*) : b_good ?/b_good ?/
op-class        lac_slots.v        s/class_now_q <= class_in;/class_now_q <= class_of(line_q[7:0]);/
'
if [ "${1:-}" = --dry ]; then
    status=0
    while read -r name file expression; do
        [ -n "$name" ] || continue
        if sed "$expression" "rtl/$file" | cmp -s - "rtl/$file"; then
            echo "$name: the expression changes nothing in $file"
            status=1
        fi
    done <<< "$table"
    exit $status
fi
# The bench's own rules, but a bug may leave a signal unused.
makefile=$'CC := gcc\nCFLAGS := -O2\ninclude tb/tb.mk\nVL_FLAGS += -Wno-fatal\n'
caught=0 missed=0
while read -r name file expression; do
    [ -n "$name" ] || continue
    [ $# = 0 ] || [[ " $* " == *" $name "* ]] || continue
    home=$B/mutate
    rm -rf "$home" && mkdir -p "$home/tree" && cp -r rtl configs tb "$home/tree/"
    sed -i "$expression" "$home/tree/rtl/$file"
    if cmp -s "rtl/$file" "$home/tree/rtl/$file"; then
        echo "not ok - $name: the expression changes nothing in $file"; missed=$((missed + 1)); continue
    fi
    if ! (cd "$home/tree" && make -s -f - B=.. ../rtl/odd.so > ../build.log 2>&1 <<< "$makefile"); then
        echo "not ok - $name: does not build"; missed=$((missed + 1)); continue
    fi
    by=
    for test in random faults directed lists rules; do
        if ! LACUNA_HOME=$home CONFIG=odd JOBS=200 timeout 300 "$B/tests/test_$test" > "$home/$test.log" 2>&1; then
            by="test_$test: $(grep -m 1 '^not ok' "$home/$test.log" | cut -c 1-150)"
            break
        fi
    done
    if [ -z "$by" ] && ! out=$(RTL=$home/tree/rtl B=$home timeout 300 formal/prove.sh mac fifo ffs); then
        by="the proofs: $(printf '%s\n' "$out" | grep -m 1 '^not ok')"
    fi
    if [ -n "$by" ]; then
        echo "ok - $name: noticed by $by"; caught=$((caught + 1))
    else
        echo "not ok - $name: nobody notices"; missed=$((missed + 1))
    fi
done <<< "$table"
echo "$caught passed, $missed failed"
[ "$missed" = 0 ]
