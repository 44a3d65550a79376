// The error code of a fault that a bus master tells (lac_axi_rd, lac_axi_wr: 1 .. 4). Included inside a module, behind lac_regs.vh.
// Waiver: as in lac_clog2.vh
/* verilator lint_off VARHIDDEN */
function [7:0] bus_code(input [2:0] fault);
    case (fault)
        3'd1:    bus_code = `LAC_ERR_BUS_SLVERR;
        3'd2:    bus_code = `LAC_ERR_BUS_DECERR;
        3'd3:    bus_code = `LAC_ERR_BUS_TIMEOUT;
        default: bus_code = `LAC_ERR_BUS_PROTOCOL;
    endcase
endfunction
/* verilator lint_on VARHIDDEN */
