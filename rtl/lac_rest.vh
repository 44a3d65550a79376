// n - q * s, of which three bits say all: in few gates, not in a multiplier. s: 1 .. 5. Included inside a module.
// Waiver: as in lac_clog2.vh
/* verilator lint_off VARHIDDEN */
function [2:0] rest(input [2:0] n, input [2:0] q, input [2:0] s);
    rest = n - ((q[0] ? s : 3'd0) + {q[1] ? s[1:0] : 2'd0, 1'b0} + {q[2] && s[0], 2'd0});
endfunction
/* verilator lint_on VARHIDDEN */
