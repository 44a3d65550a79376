# SPDX-License-Identifier: Apache-2.0
#
# sources.tcl - what a Vivado project of Lacuna is made of: files by folder, parameters by configuration. NOT RUN

# The core: rtl/, its include files too.
proc lacuna_core {root} {
    return [lsort [concat [glob $root/rtl/*.v] [glob $root/rtl/*.vh]]]
}

# What surrounds it; not what belongs to another part.
proc lacuna_system {root} {
    set files {}
    foreach f [lsort [glob $root/fpga/rtl/*.v]] {
        if {![string match ecp5_* [file tail $f]]} { lappend files $f }
    }
    return $files
}

# The KEY=value lines of a configuration, as generics of the top module.
proc lacuna_generics {cfg} {
    set generics {}
    set f [open $cfg]
    while {[gets $f line] >= 0} {
        if {[regexp {^([A-Z_]+)=([0-9]+)} $line -> key value]} { lappend generics $key=$value }
    }
    close $f
    return $generics
}
