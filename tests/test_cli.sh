#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# test_cli.sh - the command line refuses what it should: exit code, message (what, where, expected), nothing left behind
#
#   Runs build/lacuna-asan, so that a crash or a leak in an error path shows as another exit code. No set -e: every check runs.
cd "$(dirname "$0")/.." || exit 2
B=${B:-build}
lacuna=$PWD/$B/lacuna-asan
dir=$(mktemp -d /tmp/lacuna-cli-XXXXXX)
trap 'rm -rf "$dir"' EXIT
bad=0
unset LACUNA_HOME
home=$PWD
cd "$dir" || exit 2

say() { # name, what is wrong or nothing
    if [ -z "$2" ]; then echo "ok - cli $1"; else echo "not ok - cli $1: $2"; bad=1; fi
}

# run CODE NAME TEXT[&TEXT..] ARGUMENT..: exit code, every TEXT in the output, no output file, no temporary file.
run() {
    local want=$1 name=$2 texts=$3 out code wrong=''
    shift 3
    out=$("$lacuna" "$@" 2>&1); code=$?
    [ "$code" = "$want" ] || wrong="expected exit $want, got $code: $(echo "$out" | head -n 3 | tr '\n' ' ')"
    while [ -z "$wrong" ] && [ -n "$texts" ]; do
        case $out in *"${texts%%&*}"*) ;; *) wrong="expected '${texts%%&*}', got: $(echo "$out" | head -n 2 | tr '\n' ' ')" ;; esac
        case $texts in *\&*) texts=${texts#*&} ;; *) texts='' ;; esac
    done
    [ -n "$wrong" ] || [ ! -e Y.npy ] || [ "$want" = 0 ] || wrong="Y.npy exists after a failure"
    [ -n "$wrong" ] || ! ls ./*.tmp-* > /dev/null 2>&1 || wrong="left behind: $(ls ./*.tmp-*)"
    say "$name" "$wrong"
    rm -f Y.npy ./*.tmp-*
}
conv() { local want=$1 name=$2 texts=$3; shift 3; run "$want" "conv: $name" "$texts" conv "$@" -o Y.npy; }
fc() { local want=$1 name=$2 texts=$3; shift 3; run "$want" "$name" "$texts" fc "$@" -o Y.npy; }

# --- Inputs
/usr/bin/python3 - << 'PY' || exit 2
import numpy as np
r = np.random.default_rng(1)
def save(name, a): np.save(name + ".npy", a)
w = r.integers(-128, 128, (6, 8)).astype(np.int8)
w[0, 4:] = [1, 2, 3, 0]
w[0, :4] = [5, 0, 0, 6]
save("W", w); save("X", r.integers(-128, 128, (2, 8)).astype(np.int8))
save("Wsix", np.arange(48).reshape(6, 8).astype(np.int16) // 3); save("W17", np.arange(48).reshape(6, 8).astype(np.int16) // 3 + 1); save("W16", (w.astype(np.int16) * 100))
f = r.normal(size=(6, 8)).astype(np.float32); save("Wf", f)
f[2, 5] = np.nan; save("Wnan", f)
f[2, 5] = -np.inf; save("Winf", f)
save("Wf64", f.astype(np.float64)); save("Wfort", np.asfortranarray(w)); save("Wbig", w.astype(">i2"))
save("Wobj", np.array([[1, None]], dtype=object)); save("Wempty", w[:, :0]); save("W1d", w[0]); save("W3d", w[None])
save("Wu8", w.astype(np.uint8)); save("Xempty", np.zeros((0, 8), np.int8)); save("X7", np.zeros((2, 7), np.int8))
save("Xi32", np.zeros((2, 8), np.int32)); save("Wwide", np.ones((1, 65536), np.int8)); save("Xwide", np.ones((1, 65536), np.int8))
save("Wlong", np.ones((2000, 1), np.int8)); save("Wtall", np.ones((65536, 1), np.int8)); save("X1", np.ones((1, 1), np.int8)); save("Xu8", np.zeros((2, 8), np.uint8))
save("B", np.zeros(6, np.int32)); save("B5", np.zeros(5, np.int32)); save("Bf", np.zeros(6, np.float32)); save("B64", np.zeros(6, np.int64))
save("M", np.full(6, 3, np.int32)); save("Mneg", np.array([1, 2, -1, 4, 5, 6], np.int32)); save("M2", np.ones((6, 1), np.int32))
save("S", np.full(6, 9, np.int8)); save("S0", np.array([1, 1, 1, 1, 0, 1], np.int8)); save("S63", np.int8(63)); save("S3", np.ones(3, np.int8))
save("Wov", np.full((1, 40), 32767, np.int16)); save("Xov", np.full((1, 40), 32767, np.int16))
raw = open("W.npy", "rb").read()
open("Wcut.npy", "wb").write(raw[:-5]); open("Whead.npy", "wb").write(raw[:60]); open("Wmore.npy", "wb").write(raw + b"x")
open("Wnone.npy", "wb").write(b""); open("Wtext.npy", "w").write("1 2 3\n")
PY

# --- It works at all
fc 0 "a job runs" "Y.npy: [2, 6] from 8 channels, format" W.npy X.npy
fc 0 "auto takes int16 weights as csc" "format csc," Wsix.npy X.npy
run 0 "global options on both sides of the subcommand" "streamed" --config odd fc W.npy X.npy --port model --stream -o Y.npy
[ -z "$("$lacuna" fc -q W.npy X.npy -o Y.npy 2>&1)" ] && [ -s Y.npy ]; say "-q says nothing" "$([ $? = 0 ] || echo 'output, or no result')"
rm -f Y.npy
run 0 "--help" "SUBCOMMAND&info&fc&report&--port&--trace" --help
run 0 "fc --help" "--input-zero-point&--port&--stats" fc --help
run 0 "info --help" "--config" info --help
run 0 "report --help" "STATS.json" report --help
run 0 "conv --help" "--stride&--pad&--dilation&--groups&--input-zero-point&--port" conv --help
run 0 "--version" "lacuna 0." --version
run 0 "info" "lanes                12&formats&csc csc8 N:4" info --config odd

# --- Usage
run 2 "no subcommand" "expected a subcommand"
run 2 "unknown subcommand" "'conf' is no subcommand, expected one of: info fc" conf
run 2 "unknown option" "unrecognized option" fc --frmat csc
run 2 "no files" "expected two files, W.npy and X.npy" fc -o Y.npy
run 2 "no output" "expected -o Y.npy" fc W.npy X.npy
fc 2 "a third file" "unexpected argument 'B.npy', expected two files" W.npy X.npy B.npy
run 2 "info with an argument" "unexpected argument 'x'" info x
fc 2 "unknown format" "--format '5:4': expected csc, csc8, 1:4" W.npy X.npy --format 5:4
fc 2 "a zero point that is no number" "--input-zero-point '1x': expected an integer -32768 .. 32767" W.npy X.npy --input-zero-point 1x
fc 2 "a zero point beyond 64 bits" "expected an integer" W.npy X.npy --zero-point 99999999999999999999
fc 2 "input zero point outside the type" "--input-zero-point -1: expected 0 .. 255, the range of Xu8.npy (uint8)" W.npy Xu8.npy --input-zero-point -1
fc 2 "output zero point outside the type" "--zero-point 200: expected -128 .. 127" W.npy X.npy --zero-point 200
fc 2 "clamp outside the type" "--clamp -1,9: expected 0 .. 255" W.npy X.npy --clamp -1,9 --out-type uint8
fc 2 "clamp upside down" "expected lo <= hi" W.npy X.npy --clamp 9,-9
fc 2 "clamp with one number" "--clamp '9': expected two integers" W.npy X.npy --clamp 9
fc 2 "unknown output type" "--out-type 'int32': expected int8, uint8 or int16" W.npy X.npy --out-type int32
fc 2 "multiplier without shift" "expected --multiplier and --shift together" W.npy X.npy --multiplier M.npy
fc 2 "no repetitions" "--repeat '0': expected an integer 1 .. 100000" W.npy X.npy --repeat 0
fc 2 "resident and streamed" "exclude each other" W.npy X.npy --resident --stream
fc 2 "unknown storage" "--storage 'rows': expected packed, columns or auto" W.npy X.npy --storage rows
fc 2 "storage by columns for N:4" "--storage columns: expected --format csc or csc8 with it" W.npy X.npy --storage columns --format 4:4
fc 2 "storage by columns, resident" "--storage columns and --resident exclude each other" W.npy X.npy --storage columns --resident
fc 2 "no tiles" "--tiles '0': expected an integer 1 .. 1000" W.npy X.npy --tiles 0
fc 2 "tiles of resident weights" "--tiles and --resident exclude each other" W.npy X.npy --tiles 2 --resident
fc 0 "tiles are streamed" "streamed" W.npy X.npy --tiles 2
fc 2 "no latency" "--memory-latency '0': expected an integer 1 .. 1000" W.npy X.npy --memory-latency 0
run 2 "a latency of info" "unrecognized option" info --memory-latency 9
run 2 "report with a configuration" "--port and --config belong to the job" report s.json -o p.html --config l8
run 2 "report with a port" "--port and --config belong to the job" --port rtl report s.json -o p.html
run 2 "a trace of nothing" "--trace: nothing runs here" info --trace t.json
fc 2 "--prune without N:4" "expected --format 1:4, 2:4, 3:4 or 4:4" W.npy X.npy --prune
fc 2 "--cluster with csc8" "expected --format csc" Wf.npy X.npy --cluster --format csc8

# --- Ports and configurations
fc 2 "unknown port" "port 'tcp' is unknown, expected model, rtl or serial:DEVICE[@BAUD]" W.npy X.npy --port tcp
fc 2 "unknown configuration" "configuration 'l65' is unknown, expected one of: i5, l4, l64, l8, odd" W.npy X.npy --config l65
fc 2 "a path as configuration" "expected a name without '/'" W.npy X.npy --config ../configs/l8
mkdir -p here/configs && sed 's/^LANES=8/LANES=16/' "$home/configs/l8.cfg" > here/configs/mine.cfg
mkdir configs && cp "$home/configs/l8.cfg" configs/beside.cfg
echo LANES=many > here/configs/broken.cfg
LACUNA_HOME=$dir/here run 0 "LACUNA_HOME brings its own configuration" "lanes                16" info --config mine
LACUNA_HOME=$dir/here run 2 "LACUNA_HOME replaces the others" "configuration 'l8' is unknown, expected one of: broken, mine" info --config l8
LACUNA_HOME=$dir/here run 2 "nothing but LACUNA_HOME is searched" "configuration 'beside' is unknown" info --config beside
LACUNA_HOME=$dir/here run 2 "a broken configuration" "broken.cfg" info --config broken
LACUNA_HOME=$dir/here run 2 "a configuration without Verilated core" "no Verilated core for configuration 'mine'" info --config mine --port rtl
LACUNA_HOME=$dir/nowhere run 2 "no configurations at all" "set LACUNA_HOME" info

# --- Files
fc 2 "no such file" "V.npy: cannot be read: No such file" V.npy X.npy
fc 2 "a folder as file" "here: byte 0: read error: Is a directory" here X.npy
fc 2 "empty file" "Wnone.npy: byte 0: an empty file, expected a .npy file" Wnone.npy X.npy
fc 2 "no .npy file" "Wtext.npy: byte 0: no .npy file" Wtext.npy X.npy
fc 2 "truncated data" "Wcut.npy: byte 171: the file ends after 43 bytes of elements, expected 48 for int8 of shape (6, 8)" Wcut.npy X.npy
fc 2 "truncated header" "Whead.npy: byte 60: the file ends inside the header" Whead.npy X.npy
fc 2 "trailing bytes" "Wmore.npy: byte 176: bytes behind the last element, expected 48" Wmore.npy X.npy
fc 2 "Fortran order" "Wfort.npy: byte 44: Fortran order, expected C order" Wfort.npy X.npy
fc 2 "big endian" "Wbig.npy: byte 20: dtype '>i2' is big endian, expected little-endian" Wbig.npy X.npy
fc 2 "object array" "Wobj.npy: byte 20: dtype '|O' is Python objects, expected" Wobj.npy X.npy
fc 2 "float64 weights" "Wf64.npy: byte 20: dtype '<f8' is not read here, expected float32" Wf64.npy X.npy --cluster
fc 2 "uint8 weights" "Wu8.npy: byte 20: dtype uint8, expected int8" Wu8.npy X.npy --format 2:4
fc 2 "int16 weights for csc8" "W16.npy: byte 20: dtype int16, expected int8" W16.npy X.npy --format csc8
fc 2 "int32 activations" "Xi32.npy: byte 20: dtype int32, expected int8, uint8 or int16" W.npy Xi32.npy
fc 2 "float weights without --cluster" "Wf.npy: byte 10: dtype float32, expected int8 or int16, or --cluster" Wf.npy X.npy
fc 2 "integer weights with --cluster" "W.npy: byte 20: dtype int8, expected float32" W.npy X.npy --cluster
fc 2 "NaN in float weights" "Wnan.npy: element [2, 5] (byte 212) is nan, expected a finite number" Wnan.npy X.npy --cluster
fc 2 "infinity in float weights" "Winf.npy: element [2, 5] (byte 212) is -inf, expected a finite number" Winf.npy X.npy --cluster
fc 2 "empty dimension of W" "Wempty.npy: byte 64: dimension 1 is 0 (an empty array), expected at least 1" Wempty.npy X.npy
fc 2 "empty dimension of X" "Xempty.npy: byte 61: dimension 0 is 0 (an empty array), expected at least 1" W.npy Xempty.npy
fc 2 "one-dimensional W" "W1d.npy: shape (8,), expected two dimensions, [K, C]" W1d.npy X.npy
fc 2 "three-dimensional W" "W3d.npy: shape (1, 6, 8), expected two dimensions" W3d.npy X.npy
fc 2 "sizes that do not match" "X7.npy: dimension 1 is 7, expected 8 as in W.npy (input channels)" W.npy X7.npy
fc 2 "too many input channels" "Wwide.npy: shape (1, 65536): dimension 1 is 65536, expected at most 65535" Wwide.npy Xwide.npy
fc 2 "too many output channels" "Wtall.npy: shape (65536, 1): dimension 0 is 65536, expected at most 65535" Wtall.npy X1.npy
fc 2 "sixteen distinct weights for csc" "W17.npy: element [5, 5] (byte 218) is the 16th distinct non-zero value (16), expected at most 15 for format csc" W17.npy X.npy --format csc
fc 2 "sixteen distinct int16 weights for auto" "W17.npy: element [5, 5] (byte 218) is the 16th&expected at most 15 for int16 weights (format csc)" W17.npy X.npy
fc 2 "three non-zeros in a 2:4 group" "W.npy: group [0, 4..7] (byte 132) has 3 non-zero weights, expected at most 2 for format 2:4" W.npy X.npy --format 2:4
fc 0 "the same pruned" "prune: &for 2:4" W.npy X.npy --format 2:4 --prune
fc 2 "bias of another size" "B5.npy: shape (5,), expected (6,), one value for each output channel" W.npy X.npy --bias B5.npy
fc 2 "float bias" "Bf.npy: byte 20: dtype float32, expected int32" W.npy X.npy --bias Bf.npy
fc 2 "int64 bias" "B64.npy: byte 20: dtype int64, expected int32" W.npy X.npy --bias B64.npy
fc 2 "negative multiplier" "Mneg.npy: element [2] (byte 136) is -1, expected 0 .. 2147483647" W.npy X.npy --multiplier Mneg.npy --shift S.npy
fc 2 "two-dimensional multiplier" "M2.npy: shape (6, 1), expected (6,) or ()" W.npy X.npy --multiplier M2.npy --shift S.npy
fc 2 "shift 0" "S0.npy: element [4] (byte 132) is 0, expected 1 .. 62" W.npy X.npy --multiplier M.npy --shift S0.npy
fc 2 "shift 63, a scalar" "S63.npy: element [0] (byte 128) is 63, expected 1 .. 62" W.npy X.npy --multiplier M.npy --shift S63.npy
fc 2 "shifts of another size" "S3.npy: shape (3,), expected (6,) or ()" W.npy X.npy --multiplier M.npy --shift S3.npy

# --- Outputs
fc 0 "output over an existing file" "Y.npy" W.npy X.npy
run 2 "output into no folder" "nowhere/Y.npy: cannot be written: nowhere: No such file" fc W.npy X.npy -o nowhere/Y.npy
run 2 "a folder as output" "here: cannot be written: it is a directory" fc W.npy X.npy -o here
run 2 "output below a file" "W.npy/Y.npy: cannot be written: &irectory" fc W.npy X.npy -o W.npy/Y.npy
run 2 "output on a full device" "/dev/full: cannot be written: No space left" fc W.npy X.npy -o /dev/full
fc 2 "statistics into no folder" "nowhere/s.json: cannot be written" W.npy X.npy --stats nowhere/s.json
fc 2 "a trace into no folder" "nowhere/t.json: cannot be written" W.npy X.npy --trace nowhere/t.json
if [ "$(id -u)" != 0 ]; then
    mkdir shut && chmod 555 shut
    run 2 "output into a folder without permission" "shut/Y.npy: cannot be written: &Permission denied" fc W.npy X.npy -o shut/Y.npy
else
    echo "skip - cli output into a folder without permission: root may write everywhere"
fi
out=$(trap '' XFSZ; ulimit -f 1; "$lacuna" fc Wlong.npy X1.npy -o Y.npy 2>&1); code=$?
[ "$code" = 2 ] && [[ $out == *'Y.npy: cannot be written: File too large'* ]] && [ -z "$(ls -A . | grep Y.npy)" ]
say "a write that fails half way leaves nothing" "$([ $? = 0 ] || echo "exit $code, $out, $(ls -A . | grep Y.npy)")"
rm -f Y.npy*
cp W.npy Y.npy
"$lacuna" fc Wcut.npy X.npy -o Y.npy > /dev/null 2>&1
say "a failure leaves the existing output alone" "$(cmp W.npy Y.npy 2>&1)"
rm -f Y.npy

# --- Jobs that fail in the machine: 40 products of 2^30 leave 36 bits
fc 1 "accumulator overflow" "job failed: error 18 OVERFLOW&an accumulator left the range of 36 bits&command &tag 0&address 0x0&index 0x&unit EXEC" Wov.npy Xov.npy
fc 0 "31 of them do not" "Y.npy" <(/usr/bin/python3 -c "import numpy as np,sys,io; b=io.BytesIO(); np.save(b,np.full((1,31),32767,np.int16)); sys.stdout.buffer.write(b.getvalue())") \
    <(/usr/bin/python3 -c "import numpy as np,sys,io; b=io.BytesIO(); np.save(b,np.full((1,31),32767,np.int16)); sys.stdout.buffer.write(b.getvalue())")
if [ -e "$home/$B/rtl/l8.so" ]; then
    fc 1 "accumulator overflow on the RTL" "job failed: error 18 OVERFLOW&unit EXEC" Wov.npy Xov.npy --port rtl --config l8
    fc 0 "a job on the RTL" "cycles" W.npy X.npy --port rtl --config l8
else
    echo "skip - cli jobs on the RTL: $B/rtl/l8.so is not built"
fi

# --- Convolution
/usr/bin/python3 - << 'PY' || exit 2
import numpy as np
r = np.random.default_rng(2)
def save(name, a): np.save(name + ".npy", a)
w = r.integers(1, 128, (4, 3, 2, 6)).astype(np.int8)
save("C", w); save("I", r.integers(-128, 128, (2, 5, 7, 6)).astype(np.int8)); save("I3", np.ones((5, 7, 6), np.int8)); save("C2", np.ones((4, 3), np.int8))
save("Cdw", w[..., :1].repeat(3, axis=0)); save("Cg", w[..., :3]); save("C5", w[..., :5]); g = w[..., :3].copy(); g[:2, ..., 1:] = 0; save("Cg2", g); save("C12", np.ones((4, 12, 1, 6), np.int8)); save("C3", w[:3])
save("Cd65", np.ones((65, 3, 3, 1), np.int8)); save("I65", np.ones((1, 4, 4, 65), np.int8)); save("Cd3", np.ones((3, 2, 1, 1), np.int8)); save("Idw3", np.ones((1, 2, 1, 3), np.int8))
cov = np.zeros((1, 1, 3, 31), np.int16); cov[:, 0, 0], cov[:, 0, 2] = 32767, -32767; save("Cedge", cov)
iov = np.full((1, 2, 40, 31), 32767, np.int16); iov[0, 1] = -32767; save("Iedge", iov)
save("Cf", w.astype(np.float32)); save("Cnan", np.where(np.arange(144).reshape(w.shape) == 40, np.nan, 1).astype(np.float32))
save("C16", w.astype(np.int16)); save("Cu8", w.astype(np.uint8)); save("Iu8", np.ones((1, 5, 7, 6), np.uint8)); save("Iempty", np.zeros((0, 5, 7, 6), np.int8))
save("Ilong", np.ones((1, 1, 10923, 6), np.int8)); save("C1", np.ones((1, 1, 1, 6), np.int8)); save("Irow", np.ones((1, 1, 200, 6), np.int8)); save("Irow1", np.ones((1, 1, 100, 6), np.int8)); save("C256", np.ones((256, 3, 2, 6), np.int8)); save("Ihigh", np.ones((1, 65536, 1, 6), np.int8))
save("B4", np.zeros(4, np.int32)); save("B3", np.zeros(3, np.int32)); save("M3", np.full(3, 1 << 30, np.int32)); save("C4", np.full((1, 1, 1, 6), 32767, np.int16)); save("Iov", np.full((1, 1, 1, 6), 32767, np.int16)); save("C36", np.full((1, 6, 6, 6), 32767, np.int16))
save("Iov36", np.full((1, 6, 6, 6), 32767, np.int16))
PY
conv 0 "a job runs" "Y.npy: [2, 5, 4, 4] from 6 channels, format" C.npy I.npy --stride 1,2 --pad 1
conv 0 "depthwise" "Y.npy: [2, 3, 6, 12] from 6 channels" Cdw.npy I.npy --groups 6
conv 0 "depthwise, channels filled up" "Y.npy: [1, 2, 2, 65] from 65 channels" Cd65.npy I65.npy --groups 65
conv 0 "depthwise of three, taps as rows" "Y.npy: [1, 4, 3, 3] from 3 channels" Cd3.npy Idw3.npy --groups 3 --taps rows --format csc8 --stride 1,2 --pad 1,2,2,2
conv 0 "sums that would overflow at the edges alone: taps as columns" "Y.npy: [1, 2, 38, 1]" Cedge.npy Iedge.npy
conv 1 "sums that overflow at the edges" "job failed: error 18 OVERFLOW" Cedge.npy Iedge.npy --taps rows
conv 2 "an unknown order of taps" "--taps 'both': expected columns, rows or auto" C.npy I.npy --taps both
conv 0 "groups of three, channels filled up for 4:4" "format 4:4, resident" Cg.npy I.npy --groups 2 --format 4:4
conv 0 "requantised, streamed, on small RAMs" "streamed" C.npy I.npy --config odd --stream --bias B4.npy --out-type uint8 --format 3:4 --prune
conv 0 "parameters of channels that are filled up" "Y.npy: [2, 3, 6, 3]" C3.npy I.npy --bias B3.npy --multiplier M3.npy --shift S3.npy
conv 0 "clustered" "cluster: 15 values" Cf.npy I.npy --cluster
conv 0 "repeated" "3 times" C.npy I.npy --repeat 3 --stats s.json --trace t.json
rm -f s.json t.json
conv 0 "a row longer than a bank of accumulators" "Y.npy: [1, 1, 100, 1]" C1.npy Irow1.npy --config l4 --out-type int8 --format csc8
conv 2 "three strides" "--stride '1,2,3': expected one integer, or 2 with commas, of 1 .. 32767" C.npy I.npy --stride 1,2,3
conv 2 "stride 0" "--stride '0': expected one integer" C.npy I.npy --stride 0
conv 2 "a stride beyond its range" "--stride '1,40000': expected" C.npy I.npy --stride 1,40000
conv 2 "a stride without its second number" "--stride '1,': expected" C.npy I.npy --stride 1,
conv 2 "an empty stride" "--stride '': expected" C.npy I.npy --stride ''
conv 2 "a padding of two numbers" "--pad '1,2': expected one integer, or 4 with commas, of 0 .. 65535" C.npy I.npy --pad 1,2
conv 2 "a negative padding" "--pad '0,0,-1,0': expected" C.npy I.npy --pad 0,0,-1,0
conv 2 "dilation 0" "--dilation '1,0': expected one integer, or 2 with commas, of 1 .. 65535" C.npy I.npy --dilation 1,0
conv 2 "a dilation that is no number" "--dilation '2x': expected" C.npy I.npy --dilation 2x
conv 2 "no groups" "--groups '0': expected an integer 1 .. 65535" C.npy I.npy --groups 0
conv 2 "storage is of fc" "unrecognized option" C.npy I.npy --storage packed
conv 2 "one file" "expected two files, W.npy and X.npy" C.npy
conv 2 "--prune without N:4" "expected --format 1:4, 2:4, 3:4 or 4:4" C.npy I.npy --prune
conv 2 "a matrix as W" "C2.npy: shape (4, 3), expected four dimensions, [K, R, S, C/groups]" C2.npy I.npy
conv 2 "one image without its dimension" "I3.npy: shape (5, 7, 6), expected four dimensions, [N, H, W, C]" C.npy I3.npy
conv 2 "uint8 weights" "Cu8.npy: byte 20: dtype uint8, expected int8" Cu8.npy I.npy --format 2:4
conv 2 "float weights without --cluster" "Cf.npy: byte 10: dtype float32, expected int8 or int16, or --cluster" Cf.npy I.npy
conv 2 "NaN in float weights" "Cnan.npy: element [1, 0, 0, 4] (byte 288) is nan, expected a finite number" Cnan.npy I.npy --cluster
conv 2 "no image" "Iempty.npy: byte 61: dimension 0 is 0 (an empty array)" C.npy Iempty.npy
conv 2 "input zero point outside the type" "--input-zero-point -1: expected 0 .. 255, the range of Iu8.npy (uint8)" C.npy Iu8.npy --input-zero-point -1
conv 2 "other channels" "I.npy: dimension 3 is 6, expected --groups 1 times the 5 of C5.npy (input channels)" C5.npy I.npy
conv 2 "groups that do not divide the outputs" "C3.npy: dimension 0 is 3, expected at most 65535 and a multiple of --groups 2" C3.npy I.npy --groups 2
conv 2 "a kernel of 12" "C12.npy: a kernel of 12 x 1, expected at most 11 x 11" C12.npy I.npy --pad 9
conv 2 "a kernel beyond the image" "C.npy: the kernel covers 7 x 2 pixels, expected at most the padded image of I.npy, 6 x 7" C.npy I.npy --dilation 3,1 --pad 1,0,0,0
conv 2 "a long image row" "Ilong.npy: an image row has 65538 elements (10923 pixels of 6 channels), expected at most 65535" C1.npy Ilong.npy
conv 2 "a high image" "Ihigh.npy: dimension 1 is 65536, expected at most 65535" C1.npy Ihigh.npy
conv 2 "an image row beyond the feature RAM" "Irow.npy: an image row of 200 pixels of 6 channels does not fit the feature RAM of configuration odd" C1.npy Irow.npy --config odd --format csc
conv 2 "an output beyond all memory" "expected less than 2^32" C256.npy I.npy --pad 30000,1000,30000,1000
conv 2 "too many output rows" "Y.npy: 121003 x 7 output pixels, expected at most 65535 x 65535" C.npy I.npy --pad 60000,1,61000,0
conv 2 "resident, but larger than the RAMs" "--resident: C256.npy in format 4:4 is larger than the RAMs of configuration odd" C256.npy I.npy --config odd --resident --format 4:4
conv 2 "six non-zeros in two groups" "C.npy: group [0, 0, 0, 0..3] (byte 128) has 4 non-zero weights, expected at most 2 for format 2:4" C.npy I.npy --format 2:4
conv 2 "a group of four of the tensor, in the second group of the layer" "Cg2.npy: group [2, 0, 0, 1..2] (byte 165) has 2" Cg2.npy I.npy --groups 2 --format 1:4
conv 2 "many distinct weights" "is the 16th distinct non-zero value" C.npy I.npy --format csc
conv 2 "a machine without convolution" "configuration i5 has no convolution" C.npy I.npy --config i5
conv 2 "output is the weights" "C.npy&not an input" C.npy I.npy --stats C.npy
conv 1 "accumulator overflow" "job failed: error 18 OVERFLOW" C36.npy Iov36.npy

# --- --stats has every key of the interface
"$lacuna" fc W.npy X.npy -o Y.npy --stats s.json --repeat 2 > /dev/null
say "--stats has every key" "$(/usr/bin/python3 - << 'PY'
import json
s = json.load(open("s.json"))
want = """config port git format lanes cycles predicted_cycles needed_macs issued_macs dense_macs utilisation bytes_read bytes_written
weight_bits_per_nonzero resident memory counters bound repeat throughput_cycles""".split()
missing = [k for k in want if k not in s] + [f"memory.{k}" for k in ("latency", "bus_bits") if k not in s["memory"]]
if missing: print("missing:", *missing)
if s["cycles"] is not None: print("cycles on the model:", s["cycles"])
if s["dense_macs"] != 2 * 2 * 6 * 8: print("dense_macs:", s["dense_macs"])
PY
)"
rm -f s.json

# --- advise and fc choose alike; Wtie costs the same in csc and in 4:4
/usr/bin/python3 -c "
import numpy as np
np.save('Wtie.npy', np.repeat(np.int8([[1, 0]]), 4, axis=1).repeat(4, axis=0)); np.save('Xtie.npy', np.ones((1, 8), np.int8))"
for how in '' --stream --resident; do
    for w in Wtie.npy W.npy; do
        x=X.npy; [ $w = W.npy ] || x=Xtie.npy
        # shellcheck disable=SC2086
        advice=$("$lacuna" advise $w $x --config l8 $how | sed -n 's/.*without pruning: \([^,]*\),.*/\1/p')
        # shellcheck disable=SC2086
        choice=$("$lacuna" fc $w $x --config l8 $how -o Y.npy | sed -n 's/.*, format \([^,]*\),.*/\1/p')
        say "advise and fc choose alike: $w $how" "$([ -n "$advice" ] && [ "$advice" = "$choice" ] || echo "advise '$advice', fc '$choice'")"
    done
done

# --- Sparse convolution: tests/sconv_numpy.py says what is right
/usr/bin/python3 - << 'PY' || exit 2
import numpy as np
w = np.ones((4, 3, 1, 1, 3, 8), np.int8)
np.save("W6.npy", w); np.save("W5.npy", w[:, 0]); np.save("W7.npy", w[None])
w[:, :, :, :, :, 1::2] = 0
w[3, 2, 0, 0, 1, 5] = 9
np.save("W6g.npy", w)
np.save("V5.npy", np.array([[0, t, 0, 0, t // 2] for t in range(-3, 3)], np.int32)); np.save("V4.npy", np.zeros((1, 4), np.int32)); np.save("F8.npy", np.ones((6, 8), np.int8))
PY
sconv() { local want=$1 name=$2 texts=$3; shift 3; run "$want" "sconv: $name" "$texts" sconv "$@" -o Y.npy --mode submanifold; }
sconv 0 "in time" "Y.npy: [6, 4] from 6 voxels of 8 channels, 16 rules" W6.npy V5.npy F8.npy
sconv 0 "in time, on small RAMs, repeated" "Y.npy: [6, 4] from 6 voxels" W6.npy V5.npy F8.npy --config odd --repeat 2 --stats s.json
sconv 2 "too many in a group" "W6g.npy: group [3, 2, 0, 0, 1, 4..7]&has 3 non-zero weights" W6g.npy V5.npy F8.npy --format 2:4
sconv 2 "seven dimensions" "expected five dimensions, [K, KZ, KY, KX, C], or six" W7.npy V5.npy F8.npy
sconv 2 "voxels without time" "V4.npy: shape (1, 4), expected [V, 5], as W has a kernel in time" W6.npy V4.npy F8.npy
sconv 2 "weights without time" "V5.npy: shape (6, 5), expected [V, 4], as W has a kernel without time" W5.npy V5.npy F8.npy

# --- An output that is also an input, or another output
rm -f Y.npy; cp W.npy keep.npy
run 2 "output is the weights" "W.npy&not an input" fc W.npy X.npy -o W.npy
say "the weights are still there" "$(cmp W.npy keep.npy 2>&1)"
ln -s X.npy link.npy
run 2 "output is the activations by another name" "link.npy&not an input" fc W.npy X.npy -o link.npy
run 2 "stats are the weights" "W.npy&not an input" --stats W.npy fc W.npy X.npy -o Y.npy
run 2 "output and stats are one file" "different files for -o and --stats" --stats Y.npy fc W.npy X.npy -o Y.npy
run 2 "stats and trace are one file" "different files for --stats and --trace" --stats s.json --trace s.json fc W.npy X.npy -o Y.npy
run 2 "the trace is the weights" "W.npy&not an input" --trace W.npy fc W.npy X.npy -o Y.npy
exit $bad
