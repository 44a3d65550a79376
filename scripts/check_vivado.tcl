#!/usr/bin/env tclsh
# SPDX-License-Identifier: Apache-2.0
#
# check_vivado.tcl - the Vivado scripts with stand-ins for Vivado's commands: Vivado itself is not needed, and has not run them
#
#   Checks     each script runs to its end on commands that Vivado has, and only those; every file that it adds exists and is added once;
#              the top module is among them; its parameters and ports are there for the generics and constraints; no port is without a pin
#   Lines      one a script
set root [file dirname [file dirname [file normalize [info script]]]]
set bad 0

proc complain {text} {
    global problems
    lappend problems $text
}

# Stand-ins: what a script may say. Anything else is an unknown command and ends it.
proc nothing {args} { return x }
foreach command {create_project current_project get_filesets update_compile_order launch_runs wait_on_run open_run report_utilization
                 report_timing_summary create_clock set_false_path current_design} {
    interp alias {} $command {} nothing
}
namespace eval ipx {}
foreach command {package_project current_core infer_bus_interface associate_bus_interfaces get_bus_interfaces add_bus_parameter create_xgui_files
                 update_checksums save_core} {
    interp alias {} ::ipx::$command {} nothing
}
proc add_files {args} {
    global added xdc
    foreach f [lindex $args end] {
        if {![file isfile $f]} { complain "no such file: $f" }
        if {[lsearch -exact $added $f] >= 0} { complain "added twice: $f" }
        lappend added $f
        if {[file extension $f] eq ".xdc"} { lappend xdc $f }
    }
}
proc set_property {args} {
    global top generics pins
    set args [lsearch -all -inline -not -exact $args -dict]
    switch -- [lindex $args 0] {
        top { set top [lindex $args 1] }
        generic { set generics [lindex $args 1] }
    }
    if {[dict exists [list {*}[lindex $args 0]] PACKAGE_PIN]} {
        set pin [dict get [lindex $args 0] PACKAGE_PIN]
        if {[dict exists $pins $pin]} { complain "pin $pin twice" }
        dict set pins $pin [lindex $args 1]
    }
}
proc get_ports {names} {
    global ports
    foreach n $names {
        if {[lsearch -glob $ports [string map {[ \\[ ] \\]} $n]] < 0 && ![string match *\\* $n]} { complain "no such port of the top module: $n" }
    }
    return $names
}

# The ports, bit by bit, and parameters of a module in our style.
proc read_module {file} {
    global ports parameters
    set ports {}
    set parameters {}
    set f [open $file]
    while {[gets $f line] >= 0} {
        if {[regexp {^ +(?:input|output|inout) +wire +(?:\[(\d+):0\] +)?(\w+)} $line -> high name]} {
            if {$high eq ""} { lappend ports $name } else { for {set i 0} {$i <= $high} {incr i} { lappend ports "${name}\[$i\]" } }
        }
        if {[regexp {^ +parameter +(?:integer +|\[\d+:0\] +)?(\w+)} $line -> name]} { lappend parameters $name }
    }
    close $f
}

foreach script {project.tcl package_ip.tcl} {
    set problems {}
    set added {}
    set xdc {}
    set generics {}
    set pins {}
    set top ""
    foreach argv {{} bitstream} {
        set added {}
        set xdc {}
        if {[catch { source $root/fpga/vivado/$script } why]} { complain $why }
    }
    set file [lsearch -inline $added */$top.v]
    if {$file eq ""} { complain "top module '$top' is not among the files" } else {
        read_module $file
        foreach g $generics {
            if {[lsearch -exact $parameters [lindex [split $g =] 0]] < 0} { complain "no such parameter of $top: $g" }
        }
        foreach x $xdc { if {[catch { source $x } why]} { complain "[file tail $x]: $why" } }
        if {$xdc ne ""} {
            foreach p $ports { if {[lsearch -exact [dict values $pins] $p] < 0} { complain "port $p has no pin" } }
        }
    }
    if {$problems eq ""} { puts "ok - vivado $script: [llength $added] files, [llength $generics] parameters, [dict size $pins] pins" } else {
        puts "not ok - vivado $script: [join [lsort -unique $problems] {; }]"
        set bad 1
    }
}
exit $bad
