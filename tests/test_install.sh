#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# test_install.sh - `make install` gives a tree that works elsewhere: the command, the library through pkg-config, both ports
cd "$(dirname "$0")/.." || exit 2
B=${B:-build}
top=$PWD
dir=$(mktemp -d /tmp/lacuna-install-XXXXXX)
trap 'rm -rf "$dir"' EXIT
p=$dir/prefix
bad=0
unset LACUNA_HOME

say() { # name, what is wrong or nothing
    if [ -z "$2" ]; then echo "ok - install $1"; else echo "not ok - install $1: $(echo "$2" | head -n 3 | tr '\n' ' ')"; bad=1; fi
}

# The tests run when everything is built: nothing but copying is left to do.
out=$(MAKEFLAGS= make --no-print-directory install PREFIX="$p" B="$B" 2>&1) || { say "make install" "$out"; exit 1; }
say "make install"
missing=''
for f in bin/lacuna lib/liblacuna.a lib/liblacuna.so lib/pkgconfig/lacuna.pc lib/lacuna/configs/l64.cfg include/lacuna/lacuna.h; do
    [ -s "$p/$f" ] || missing="$missing $f"
done
say "every promised file" "$missing"

# Nothing may point back into the source tree: the programs run from an empty folder, the source tree out of sight.
mkdir "$dir/empty" && cd "$dir/empty" || exit 2
say "lacuna info" "$("$p/bin/lacuna" info --config odd 2>&1 | grep -q '^lanes  *12 ' || echo 'no 12 lanes')"
/usr/bin/python3 -c "import numpy as np; np.save('W.npy', np.eye(5, dtype=np.int8) * 3); np.save('X.npy', np.arange(10, dtype=np.int8).reshape(2, 5))"
ports=model
if [ -e "$p/lib/lacuna/rtl/l8.so" ]; then ports='model rtl'; else echo "skip - install on the RTL: $B/rtl/l8.so is not built"; fi
for port in $ports; do
    out=$("$p/bin/lacuna" fc W.npy X.npy -o Y.npy --port "$port" --config l8 2>&1) || { say "lacuna fc on $port" "$out"; continue; }
    say "lacuna fc on $port" "$(/usr/bin/python3 -c "
import numpy as np
if not (np.load('Y.npy') == 3 * np.arange(10).reshape(2, 5)).all(): print('wrong result')")"
    rm -f Y.npy
done

export PKG_CONFIG_PATH=$p/lib/pkgconfig
[ "$(pkg-config --modversion lacuna 2>&1)" = "$("$p/bin/lacuna" --version | cut -d' ' -f2)" ]
say "pkg-config and the command agree about the version" "$([ $? = 0 ] || pkg-config --modversion lacuna 2>&1)"

# Every installed header stands alone.
for h in "$p"/include/lacuna/*.h "$p"/include/lacuna/ports/*.h; do
    out=$(echo "#include \"${h#"$p"/include/lacuna/}\"" | gcc -std=c99 -Wall -Wextra -Wpedantic -Werror -fsyntax-only -x c - $(pkg-config --cflags lacuna) 2>&1) ||
        say "header ${h##*/}" "$out"
done

if [ -e "$top/examples/hello_fc.c" ]; then
    cp "$top/examples/hello_fc.c" .
    for kind in shared static; do
        static=; [ $kind = shared ] || static=1
        if [ $kind = shared ]; then libs=$(pkg-config --libs lacuna); else libs=$(pkg-config --static --libs lacuna | sed 's/-llacuna/-l:liblacuna.a/'); fi
        out=$(gcc -std=c99 -O1 -Wall -Wextra -o "hello-$kind" hello_fc.c $(pkg-config --cflags lacuna) $libs 2>&1) ||
            { say "hello_fc, $kind" "$out"; continue; }
        say "hello_fc, $kind" "$(ldd "hello-$kind" | grep -c liblacuna | grep -qx $([ $kind = shared ] && echo 1 || echo 0) || echo 'linked the wrong library')"
        for port in $ports; do
            # Nothing in the environment helps; the static one is told where the files are. The result by hand: 12 0 80 12 8 64.
            out=$(env -i ${static:+LACUNA_HOME=$p/lib/lacuna} "$dir/empty/hello-$kind" "$port" 2>&1)
            say "hello_fc, $kind, runs on $port" "$([ "$?:$out" = '0:12 0 80 12 8 64' ] || echo "expected 12 0 80 12 8 64, got $out")"
        done
    done
else
    echo "skip - install hello_fc: examples/hello_fc.c is not there"
fi
exit $bad
