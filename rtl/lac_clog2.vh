// Bits that count 0 .. n-1 (at least 1). Included inside a module, where Verilog-2005 wants its functions.
// Waiver: Verilator 5.006 believes that the copy in a module instantiated under a generate block hides the parent's.
/* verilator lint_off VARHIDDEN */
function integer clog2(input integer n);
    integer bits;
    begin
        bits = 1;
        while ((1 << bits) < n) bits = bits + 1;
        clog2 = bits;
    end
endfunction
/* verilator lint_on VARHIDDEN */
