#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# netlist_sim.sh CONFIG - test_random and test_faults on the netlist $B/netlist/rtl/CONFIG.so, and nowhere else; the last line is 'N passed, N failed'
#
#   Environment  NETLIST_JOBS random jobs, PERCENT of the trials of test_faults, SEED
cd "$(dirname "$0")/.." || exit 2
B=${B:-build} config=$1
mkdir -p "$B/netlist/tests"
cat > "$B/netlist/tests/netlist_random" <<END
#!/bin/sh
CONFIG=$config JOBS=${NETLIST_JOBS:-300} exec $B/tests/test_random
END
cat > "$B/netlist/tests/netlist_faults" <<END
#!/bin/sh
CONFIG=$config JOBS= PERCENT=${PERCENT:-60} exec $B/tests/test_faults
END
cat > "$B/netlist/tests/netlist_lut4" <<END
#!/bin/sh
exec sh tb/unit/run.sh lut4 $B/unit
END
chmod +x "$B"/netlist/tests/netlist_*
# A core that cannot be loaded is a skip to the tests; here it is a failure.
LACUNA_HOME=$B/netlist TEST_TIMEOUT=7200 scripts/run_tests.sh "$B"/netlist/tests/netlist_lut4 "$B"/netlist/tests/netlist_random "$B"/netlist/tests/netlist_faults
status=$?
if grep -q '^skip' "$B"/tests/log/netlist_*; then echo "not ok - netlist: skipped"; exit 1; fi
exit $status
