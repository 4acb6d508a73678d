# Shifts, rotates and double shifts: counts of 0, at and past the width, memory forms.
# A masked count of 0 leaves every flag alone; rotates through carry count modulo width + 1.

#case shl_8 32 64
#in eax=0x81|0x7e ecx=0|1|7|8|9|31|32|33 flags=none|cf+zf+sf+of
        shl     al, cl
#code32 d2e0
#out32 undef=af+of
#out32 undef=af+of
#out32 eax=0x2 flags=cf undef=af+of
#out32 eax=0x2 flags=cf undef=af+of
#out32 eax=0x80 flags=sf undef=af+of
#out32 eax=0x80 flags=sf undef=af+of
#out32 eax=0x0 flags=cf+pf+zf undef=af+of
#out32 eax=0x0 flags=cf+pf+zf undef=af+of
#out32 eax=0x0 flags=pf+zf undef=af+of
#out32 eax=0x0 flags=pf+zf undef=af+of
#out32 eax=0x0 flags=pf+zf undef=af+of
#out32 eax=0x0 flags=pf+zf undef=af+of
#out32 undef=af+of
#out32 undef=af+of
#out32 eax=0x2 flags=cf undef=af+of
#out32 eax=0x2 flags=cf undef=af+of
#out32 undef=af+of
#out32 undef=af+of
#out32 eax=0xfc flags=pf+sf undef=af+of
#out32 eax=0xfc flags=pf+sf undef=af+of
#out32 eax=0x0 flags=cf+pf+zf undef=af+of
#out32 eax=0x0 flags=cf+pf+zf undef=af+of
#out32 eax=0x0 flags=pf+zf undef=af+of
#out32 eax=0x0 flags=pf+zf undef=af+of
#out32 eax=0x0 flags=pf+zf undef=af+of
#out32 eax=0x0 flags=pf+zf undef=af+of
#out32 eax=0x0 flags=pf+zf undef=af+of
#out32 eax=0x0 flags=pf+zf undef=af+of
#out32 undef=af+of
#out32 undef=af+of
#out32 eax=0xfc flags=pf+sf undef=af+of
#out32 eax=0xfc flags=pf+sf undef=af+of
#code64 d2e0
#out64 undef=af+of
#out64 undef=af+of
#out64 rax=0x2 flags=cf undef=af+of
#out64 rax=0x2 flags=cf undef=af+of
#out64 rax=0x80 flags=sf undef=af+of
#out64 rax=0x80 flags=sf undef=af+of
#out64 rax=0x0 flags=cf+pf+zf undef=af+of
#out64 rax=0x0 flags=cf+pf+zf undef=af+of
#out64 rax=0x0 flags=pf+zf undef=af+of
#out64 rax=0x0 flags=pf+zf undef=af+of
#out64 rax=0x0 flags=pf+zf undef=af+of
#out64 rax=0x0 flags=pf+zf undef=af+of
#out64 undef=af+of
#out64 undef=af+of
#out64 rax=0x2 flags=cf undef=af+of
#out64 rax=0x2 flags=cf undef=af+of
#out64 undef=af+of
#out64 undef=af+of
#out64 rax=0xfc flags=pf+sf undef=af+of
#out64 rax=0xfc flags=pf+sf undef=af+of
#out64 rax=0x0 flags=cf+pf+zf undef=af+of
#out64 rax=0x0 flags=cf+pf+zf undef=af+of
#out64 rax=0x0 flags=pf+zf undef=af+of
#out64 rax=0x0 flags=pf+zf undef=af+of
#out64 rax=0x0 flags=pf+zf undef=af+of
#out64 rax=0x0 flags=pf+zf undef=af+of
#out64 rax=0x0 flags=pf+zf undef=af+of
#out64 rax=0x0 flags=pf+zf undef=af+of
#out64 undef=af+of
#out64 undef=af+of
#out64 rax=0xfc flags=pf+sf undef=af+of
#out64 rax=0xfc flags=pf+sf undef=af+of
#case shr_16 32 64
#in eax=0x8001|0x7ffe ecx=0|1|15|16|17|31|32 flags=none|cf+of
        shr     ax, cl
#code32 66d3e8
#out32 undef=af+of
#out32 undef=af+of
#out32 eax=0x4000 flags=cf+pf undef=af+of
#out32 eax=0x4000 flags=cf+pf undef=af+of
#out32 eax=0x1 undef=af+of
#out32 eax=0x1 flags=none undef=af+of
#out32 eax=0x0 flags=cf+pf+zf undef=af+of
#out32 eax=0x0 flags=cf+pf+zf undef=af+of
#out32 eax=0x0 flags=pf+zf undef=af+of
#out32 eax=0x0 flags=pf+zf undef=af+of
#out32 eax=0x0 flags=pf+zf undef=af+of
#out32 eax=0x0 flags=pf+zf undef=af+of
#out32 undef=af+of
#out32 undef=af+of
#out32 undef=af+of
#out32 undef=af+of
#out32 eax=0x3fff flags=pf undef=af+of
#out32 eax=0x3fff flags=pf undef=af+of
#out32 eax=0x0 flags=cf+pf+zf undef=af+of
#out32 eax=0x0 flags=cf+pf+zf undef=af+of
#out32 eax=0x0 flags=pf+zf undef=af+of
#out32 eax=0x0 flags=pf+zf undef=af+of
#out32 eax=0x0 flags=pf+zf undef=af+of
#out32 eax=0x0 flags=pf+zf undef=af+of
#out32 eax=0x0 flags=pf+zf undef=af+of
#out32 eax=0x0 flags=pf+zf undef=af+of
#out32 undef=af+of
#out32 undef=af+of
#code64 66d3e8
#out64 undef=af+of
#out64 undef=af+of
#out64 rax=0x4000 flags=cf+pf undef=af+of
#out64 rax=0x4000 flags=cf+pf undef=af+of
#out64 rax=0x1 undef=af+of
#out64 rax=0x1 flags=none undef=af+of
#out64 rax=0x0 flags=cf+pf+zf undef=af+of
#out64 rax=0x0 flags=cf+pf+zf undef=af+of
#out64 rax=0x0 flags=pf+zf undef=af+of
#out64 rax=0x0 flags=pf+zf undef=af+of
#out64 rax=0x0 flags=pf+zf undef=af+of
#out64 rax=0x0 flags=pf+zf undef=af+of
#out64 undef=af+of
#out64 undef=af+of
#out64 undef=af+of
#out64 undef=af+of
#out64 rax=0x3fff flags=pf undef=af+of
#out64 rax=0x3fff flags=pf undef=af+of
#out64 rax=0x0 flags=cf+pf+zf undef=af+of
#out64 rax=0x0 flags=cf+pf+zf undef=af+of
#out64 rax=0x0 flags=pf+zf undef=af+of
#out64 rax=0x0 flags=pf+zf undef=af+of
#out64 rax=0x0 flags=pf+zf undef=af+of
#out64 rax=0x0 flags=pf+zf undef=af+of
#out64 rax=0x0 flags=pf+zf undef=af+of
#out64 rax=0x0 flags=pf+zf undef=af+of
#out64 undef=af+of
#out64 undef=af+of
#case sar_32 32 64
#in eax=0x80000001|0x7ffffffe ecx=0|1|31|32|33 flags=none|cf+of
        sar     eax, cl
#code32 d3f8
#out32 undef=af+of
#out32 undef=af+of
#out32 eax=0xc0000000 flags=cf+pf+sf undef=af+of
#out32 eax=0xc0000000 flags=cf+pf+sf undef=af+of
#out32 eax=0xffffffff flags=pf+sf undef=af+of
#out32 eax=0xffffffff flags=pf+sf undef=af+of
#out32 undef=af+of
#out32 undef=af+of
#out32 eax=0xc0000000 flags=cf+pf+sf undef=af+of
#out32 eax=0xc0000000 flags=cf+pf+sf undef=af+of
#out32 undef=af+of
#out32 undef=af+of
#out32 eax=0x3fffffff flags=pf undef=af+of
#out32 eax=0x3fffffff flags=pf undef=af+of
#out32 eax=0x0 flags=cf+pf+zf undef=af+of
#out32 eax=0x0 flags=cf+pf+zf undef=af+of
#out32 undef=af+of
#out32 undef=af+of
#out32 eax=0x3fffffff flags=pf undef=af+of
#out32 eax=0x3fffffff flags=pf undef=af+of
#code64 d3f8
#out64 undef=af+of
#out64 undef=af+of
#out64 rax=0xc0000000 flags=cf+pf+sf undef=af+of
#out64 rax=0xc0000000 flags=cf+pf+sf undef=af+of
#out64 rax=0xffffffff flags=pf+sf undef=af+of
#out64 rax=0xffffffff flags=pf+sf undef=af+of
#out64 undef=af+of
#out64 undef=af+of
#out64 rax=0xc0000000 flags=cf+pf+sf undef=af+of
#out64 rax=0xc0000000 flags=cf+pf+sf undef=af+of
#out64 undef=af+of
#out64 undef=af+of
#out64 rax=0x3fffffff flags=pf undef=af+of
#out64 rax=0x3fffffff flags=pf undef=af+of
#out64 rax=0x0 flags=cf+pf+zf undef=af+of
#out64 rax=0x0 flags=cf+pf+zf undef=af+of
#out64 undef=af+of
#out64 undef=af+of
#out64 rax=0x3fffffff flags=pf undef=af+of
#out64 rax=0x3fffffff flags=pf undef=af+of
#case shift_32_zero_count_clears_upper_half 64
#in rax=0xffffffff80000000 ecx=0|32 flags=cf+pf+af+zf+sf+of
        shl     eax, cl
        sar     eax, 0
        ror     eax, cl
#code64 d3e0c1f800d3c8
#out64 rax=0x80000000 undef=af+of
#out64 rax=0x80000000 undef=af+of
#case shl_64 64
#in rax=0x8000000000000001 ecx=0|1|31|32|63|64|65
        shl     rax, cl
#code64 48d3e0
#out64 undef=af+of
#out64 rax=0x2 flags=cf undef=af+of
#out64 rax=0x80000000 flags=pf undef=af+of
#out64 rax=0x100000000 flags=pf undef=af+of
#out64 rax=0x8000000000000000 flags=pf+sf undef=af+of
#out64 undef=af+of
#out64 rax=0x2 flags=cf undef=af+of
#case sar_64_by_immediate 64
#in rax=0x8000000000000001|0x7fffffffffffffff
        sar     rax, 63
#code64 48c1f83f
#out64 rax=0xffffffffffffffff flags=pf+sf undef=af+of
#out64 rax=0x0 flags=cf+pf+zf undef=af+of
#case rol_8 32 64
#in eax=0x81|0x01 ecx=0|1|7|8|9|16|31 flags=none|cf+of
        rol     al, cl
#code32 d2c0
#out32 undef=of
#out32 undef=of
#out32 eax=0x3 flags=cf undef=of
#out32 eax=0x3 undef=of
#out32 eax=0xc0 undef=of
#out32 eax=0xc0 flags=none undef=of
#out32 flags=cf undef=of
#out32 undef=of
#out32 eax=0x3 flags=cf undef=of
#out32 eax=0x3 undef=of
#out32 flags=cf undef=of
#out32 undef=of
#out32 eax=0xc0 undef=of
#out32 eax=0xc0 flags=none undef=of
#out32 undef=of
#out32 undef=of
#out32 eax=0x2 undef=of
#out32 eax=0x2 flags=none undef=of
#out32 eax=0x80 undef=of
#out32 eax=0x80 flags=none undef=of
#out32 flags=cf undef=of
#out32 undef=of
#out32 eax=0x2 undef=of
#out32 eax=0x2 flags=none undef=of
#out32 flags=cf undef=of
#out32 undef=of
#out32 eax=0x80 undef=of
#out32 eax=0x80 flags=none undef=of
#code64 d2c0
#out64 undef=of
#out64 undef=of
#out64 rax=0x3 flags=cf undef=of
#out64 rax=0x3 undef=of
#out64 rax=0xc0 undef=of
#out64 rax=0xc0 flags=none undef=of
#out64 flags=cf undef=of
#out64 undef=of
#out64 rax=0x3 flags=cf undef=of
#out64 rax=0x3 undef=of
#out64 flags=cf undef=of
#out64 undef=of
#out64 rax=0xc0 undef=of
#out64 rax=0xc0 flags=none undef=of
#out64 undef=of
#out64 undef=of
#out64 rax=0x2 undef=of
#out64 rax=0x2 flags=none undef=of
#out64 rax=0x80 undef=of
#out64 rax=0x80 flags=none undef=of
#out64 flags=cf undef=of
#out64 undef=of
#out64 rax=0x2 undef=of
#out64 rax=0x2 flags=none undef=of
#out64 flags=cf undef=of
#out64 undef=of
#out64 rax=0x80 undef=of
#out64 rax=0x80 flags=none undef=of
#case ror_16 32 64
#in eax=0x8001|0x0001 ecx=0|1|15|16|17|31 flags=none|cf+of
        ror     ax, cl
#code32 66d3c8
#out32 undef=of
#out32 undef=of
#out32 eax=0xc000 flags=cf undef=of
#out32 eax=0xc000 undef=of
#out32 eax=0x3 undef=of
#out32 eax=0x3 flags=none undef=of
#out32 flags=cf undef=of
#out32 undef=of
#out32 eax=0xc000 flags=cf undef=of
#out32 eax=0xc000 undef=of
#out32 eax=0x3 undef=of
#out32 eax=0x3 flags=none undef=of
#out32 undef=of
#out32 undef=of
#out32 eax=0x8000 flags=cf undef=of
#out32 eax=0x8000 undef=of
#out32 eax=0x2 undef=of
#out32 eax=0x2 flags=none undef=of
#out32 undef=of
#out32 flags=none undef=of
#out32 eax=0x8000 flags=cf undef=of
#out32 eax=0x8000 undef=of
#out32 eax=0x2 undef=of
#out32 eax=0x2 flags=none undef=of
#code64 66d3c8
#out64 undef=of
#out64 undef=of
#out64 rax=0xc000 flags=cf undef=of
#out64 rax=0xc000 undef=of
#out64 rax=0x3 undef=of
#out64 rax=0x3 flags=none undef=of
#out64 flags=cf undef=of
#out64 undef=of
#out64 rax=0xc000 flags=cf undef=of
#out64 rax=0xc000 undef=of
#out64 rax=0x3 undef=of
#out64 rax=0x3 flags=none undef=of
#out64 undef=of
#out64 undef=of
#out64 rax=0x8000 flags=cf undef=of
#out64 rax=0x8000 undef=of
#out64 rax=0x2 undef=of
#out64 rax=0x2 flags=none undef=of
#out64 undef=of
#out64 flags=none undef=of
#out64 rax=0x8000 flags=cf undef=of
#out64 rax=0x8000 undef=of
#out64 rax=0x2 undef=of
#out64 rax=0x2 flags=none undef=of
#case rcl_8_modulo_9 32 64
#in eax=0x81|0x40 ecx=0|1|8|9|10|18|27|31 flags=none|cf
        rcl     al, cl
#code32 d2d0
#out32 undef=of
#out32 undef=of
#out32 eax=0x2 flags=cf undef=of
#out32 eax=0x3 undef=of
#out32 eax=0x40 flags=cf undef=of
#out32 eax=0xc0 undef=of
#out32 undef=of
#out32 undef=of
#out32 eax=0x2 flags=cf undef=of
#out32 eax=0x3 undef=of
#out32 undef=of
#out32 undef=of
#out32 undef=of
#out32 undef=of
#out32 eax=0x14 undef=of
#out32 eax=0x1c flags=none undef=of
#out32 undef=of
#out32 undef=of
#out32 eax=0x80 undef=of
#out32 eax=0x81 flags=none undef=of
#out32 eax=0x20 undef=of
#out32 eax=0xa0 flags=none undef=of
#out32 undef=of
#out32 undef=of
#out32 eax=0x80 undef=of
#out32 eax=0x81 flags=none undef=of
#out32 undef=of
#out32 undef=of
#out32 undef=of
#out32 undef=of
#out32 eax=0x2 undef=of
#out32 eax=0xa flags=none undef=of
#code64 d2d0
#out64 undef=of
#out64 undef=of
#out64 rax=0x2 flags=cf undef=of
#out64 rax=0x3 undef=of
#out64 rax=0x40 flags=cf undef=of
#out64 rax=0xc0 undef=of
#out64 undef=of
#out64 undef=of
#out64 rax=0x2 flags=cf undef=of
#out64 rax=0x3 undef=of
#out64 undef=of
#out64 undef=of
#out64 undef=of
#out64 undef=of
#out64 rax=0x14 undef=of
#out64 rax=0x1c flags=none undef=of
#out64 undef=of
#out64 undef=of
#out64 rax=0x80 undef=of
#out64 rax=0x81 flags=none undef=of
#out64 rax=0x20 undef=of
#out64 rax=0xa0 flags=none undef=of
#out64 undef=of
#out64 undef=of
#out64 rax=0x80 undef=of
#out64 rax=0x81 flags=none undef=of
#out64 undef=of
#out64 undef=of
#out64 undef=of
#out64 undef=of
#out64 rax=0x2 undef=of
#out64 rax=0xa flags=none undef=of
#case rcr_16_modulo_17 32 64
#in eax=0x8001|0x0002 ecx=0|1|16|17|18|31 flags=none|cf
        rcr     ax, cl
#code32 66d3d8
#out32 undef=of
#out32 undef=of
#out32 eax=0x4000 flags=cf undef=of
#out32 eax=0xc000 undef=of
#out32 eax=0x2 flags=cf undef=of
#out32 eax=0x3 undef=of
#out32 undef=of
#out32 undef=of
#out32 eax=0x4000 flags=cf undef=of
#out32 eax=0xc000 undef=of
#out32 eax=0xa undef=of
#out32 eax=0xe flags=none undef=of
#out32 undef=of
#out32 undef=of
#out32 eax=0x1 undef=of
#out32 eax=0x8001 flags=none undef=of
#out32 eax=0x4 undef=of
#out32 eax=0x5 flags=none undef=of
#out32 undef=of
#out32 undef=of
#out32 eax=0x1 undef=of
#out32 eax=0x8001 flags=none undef=of
#out32 eax=0x10 undef=of
#out32 eax=0x14 flags=none undef=of
#code64 66d3d8
#out64 undef=of
#out64 undef=of
#out64 rax=0x4000 flags=cf undef=of
#out64 rax=0xc000 undef=of
#out64 rax=0x2 flags=cf undef=of
#out64 rax=0x3 undef=of
#out64 undef=of
#out64 undef=of
#out64 rax=0x4000 flags=cf undef=of
#out64 rax=0xc000 undef=of
#out64 rax=0xa undef=of
#out64 rax=0xe flags=none undef=of
#out64 undef=of
#out64 undef=of
#out64 rax=0x1 undef=of
#out64 rax=0x8001 flags=none undef=of
#out64 rax=0x4 undef=of
#out64 rax=0x5 flags=none undef=of
#out64 undef=of
#out64 undef=of
#out64 rax=0x1 undef=of
#out64 rax=0x8001 flags=none undef=of
#out64 rax=0x10 undef=of
#out64 rax=0x14 flags=none undef=of
#case rcl_32_zero_extends 64
#in rax=0xdeadbeef80000001 ecx=0|1|31|32|33 flags=none|cf
        rcl     eax, cl
#code64 d3d0
#out64 rax=0x80000001 undef=of
#out64 rax=0x80000001 undef=of
#out64 rax=0x2 flags=cf undef=of
#out64 rax=0x3 undef=of
#out64 rax=0xa0000000 undef=of
#out64 rax=0xe0000000 flags=none undef=of
#out64 rax=0x80000001 undef=of
#out64 rax=0x80000001 undef=of
#out64 rax=0x2 flags=cf undef=of
#out64 rax=0x3 undef=of
#case rcr_64 64
#in rax=0x8000000000000001 ecx=1|63|64 flags=none|cf
        rcr     rax, cl
#code64 48d3d8
#out64 rax=0x4000000000000000 flags=cf undef=of
#out64 rax=0xc000000000000000 undef=of
#out64 rax=0x5 undef=of
#out64 rax=0x7 flags=none undef=of
#out64 undef=of
#out64 undef=of
#case rcr_1_overflow 32 64
#in eax=0x80000000|0x40000000|0xc0000001 flags=none|cf
        rcr     eax, 1
#code32 d1d8
#out32 eax=0x40000000 flags=of
#out32 eax=0xc0000000 flags=none
#out32 eax=0x20000000
#out32 eax=0xa0000000 flags=of
#out32 eax=0x60000000 flags=cf+of
#out32 eax=0xe0000000
#code64 d1d8
#out64 rax=0x40000000 flags=of
#out64 rax=0xc0000000 flags=none
#out64 rax=0x20000000
#out64 rax=0xa0000000 flags=of
#out64 rax=0x60000000 flags=cf+of
#out64 rax=0xe0000000
#case rotate_high_byte 32 64
#in eax=0x8155 flags=none|cf
        rol     ah, 1
        rcr     ah, 3
#code32 d0c4c0dc03
#out32 eax=0xe055 undef=of
#out32 eax=0xe055 flags=none undef=of
#code64 d0c4c0dc03
#out64 rax=0xe055 undef=of
#out64 rax=0xe055 flags=none undef=of
#case shift_memory_over_page 32 64
#in edi=data+0xffe [data+0xffe]=01808101
        shl     dword ptr [edi], 1
        rcr     word ptr [edi+1], 1
        sar     byte ptr [edi+3], 1
#code32 d12766d15f01d07f03
#out32 flags=cf [data+0xffe]=028001 undef=af
#code64 67d1276766d15f0167d07f03
#out64 flags=cf [data+0xffe]=028001 undef=af
#case shift_read_only_memory_faults_first 32 64
#in edi=ro ecx=1 flags=cf
        shl     dword ptr [edi], cl
#code32 d327
#out32 stop=sigsegv.0x2@ro rip=code
#code64 67d327
#out64 stop=sigsegv.0x2@ro rip=code
#case shift_read_only_memory_count_zero 32 64
#in edi=ro ecx=0 flags=cf
        shl     dword ptr [edi], cl
#code32 d327
#out32 stop=sigsegv.0x2@ro rip=code
#code64 67d327
#out64 stop=sigsegv.0x2@ro rip=code
#case shld_32 32 64
#in eax=0x80000001 edx=0x7fffffff|0x80000000 ecx=0|1|16|31|32|33
        shld    eax, edx, cl
#code32 0fa5d0
#out32 undef=af+of
#out32 eax=0x2 flags=cf undef=af+of
#out32 eax=0x17fff flags=pf undef=af+of
#out32 eax=0xbfffffff flags=pf+sf undef=af+of
#out32 undef=af+of
#out32 eax=0x2 flags=cf undef=af+of
#out32 undef=af+of
#out32 eax=0x3 flags=cf+pf undef=af+of
#out32 eax=0x18000 flags=pf undef=af+of
#out32 eax=0xc0000000 flags=pf+sf undef=af+of
#out32 undef=af+of
#out32 eax=0x3 flags=cf+pf undef=af+of
#code64 0fa5d0
#out64 undef=af+of
#out64 rax=0x2 flags=cf undef=af+of
#out64 rax=0x17fff flags=pf undef=af+of
#out64 rax=0xbfffffff flags=pf+sf undef=af+of
#out64 undef=af+of
#out64 rax=0x2 flags=cf undef=af+of
#out64 undef=af+of
#out64 rax=0x3 flags=cf+pf undef=af+of
#out64 rax=0x18000 flags=pf undef=af+of
#out64 rax=0xc0000000 flags=pf+sf undef=af+of
#out64 undef=af+of
#out64 rax=0x3 flags=cf+pf undef=af+of
#case shrd_32 32 64
#in eax=0x80000001 edx=0x7fffffff|0x80000001 ecx=0|1|16|31|32|33
        shrd    eax, edx, cl
#code32 0fadd0
#out32 undef=af+of
#out32 eax=0xc0000000 flags=cf+pf+sf undef=af+of
#out32 eax=0xffff8000 flags=pf+sf undef=af+of
#out32 eax=0xffffffff flags=pf+sf undef=af+of
#out32 undef=af+of
#out32 eax=0xc0000000 flags=cf+pf+sf undef=af+of
#out32 undef=af+of
#out32 eax=0xc0000000 flags=cf+pf+sf undef=af+of
#out32 eax=0x18000 flags=pf undef=af+of
#out32 eax=0x3 flags=pf undef=af+of
#out32 undef=af+of
#out32 eax=0xc0000000 flags=cf+pf+sf undef=af+of
#code64 0fadd0
#out64 undef=af+of
#out64 rax=0xc0000000 flags=cf+pf+sf undef=af+of
#out64 rax=0xffff8000 flags=pf+sf undef=af+of
#out64 rax=0xffffffff flags=pf+sf undef=af+of
#out64 undef=af+of
#out64 rax=0xc0000000 flags=cf+pf+sf undef=af+of
#out64 undef=af+of
#out64 rax=0xc0000000 flags=cf+pf+sf undef=af+of
#out64 rax=0x18000 flags=pf undef=af+of
#out64 rax=0x3 flags=pf undef=af+of
#out64 undef=af+of
#out64 rax=0xc0000000 flags=cf+pf+sf undef=af+of
#case shld_16 32 64
#in eax=0x8001 edx=0x7fff|0x8000 ecx=0|1|15|16
        shld    ax, dx, cl
#code32 660fa5d0
#out32 undef=af+of
#out32 eax=0x2 flags=cf undef=af+of
#out32 eax=0xbfff flags=pf+sf undef=af+of
#out32 eax=0x7fff flags=cf+pf undef=af+of
#out32 undef=af+of
#out32 eax=0x3 flags=cf+pf undef=af+of
#out32 eax=0xc000 flags=pf+sf undef=af+of
#out32 eax=0x8000 flags=cf+pf+sf undef=af+of
#code64 660fa5d0
#out64 undef=af+of
#out64 rax=0x2 flags=cf undef=af+of
#out64 rax=0xbfff flags=pf+sf undef=af+of
#out64 rax=0x7fff flags=cf+pf undef=af+of
#out64 undef=af+of
#out64 rax=0x3 flags=cf+pf undef=af+of
#out64 rax=0xc000 flags=pf+sf undef=af+of
#out64 rax=0x8000 flags=cf+pf+sf undef=af+of
#case shrd_64 64
#in rax=1|-1 rdx=0x8000000000000001 ecx=0|1|32|63|64
        shrd    rax, rdx, cl
        shld    rax, rdx, 4
#code64 480fadd0480fa4d004
#out64 rax=0x18 flags=pf undef=af+of
#out64 rax=0x8 undef=af+of
#out64 rax=0x1000000008 undef=af+of
#out64 rax=0x28 flags=pf undef=af+of
#out64 rax=0x18 flags=pf undef=af+of
#out64 rax=0xfffffffffffffff8 flags=cf+sf undef=af+of
#out64 rax=0xfffffffffffffff8 flags=cf+sf undef=af+of
#out64 rax=0x1ffffffff8 undef=af+of
#out64 rax=0x38 undef=af+of
#out64 rax=0xfffffffffffffff8 flags=cf+sf undef=af+of
