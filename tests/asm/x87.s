# x87: tags and TOP, FXAM, exact loads and stores, precision and rounding control, faults.

#case fxam_all_classes 32 64
#in st0=0000:0000000000000000|8000:0000000000000001|3fff:8000000000000000|ffff:8000000000000000|7fff:c000000000000000|7fff:8000000000000001|3fff:0000000000000001 used=1|0
        fxam
        fnstsw  ax
#code32 d9e5dfe0
#out32 eax=0x4000 sw=0x4000
#out32 eax=0x4100 sw=0x4100
#out32 eax=0x4600 sw=0x4600
#out32 eax=0x4300 sw=0x4300
#out32 eax=0x400 sw=0x400
#out32 eax=0x4100 sw=0x4100
#out32 eax=0x700 sw=0x700
#out32 eax=0x4300 sw=0x4300
#out32 eax=0x100 sw=0x100
#out32 eax=0x4100 sw=0x4100
#out32 eax=0x100 sw=0x100
#out32 eax=0x4100 sw=0x4100
#out32 -
#out32 eax=0x4100 sw=0x4100
#code64 d9e5dfe0
#out64 rax=0x4000 sw=0x4000
#out64 rax=0x4100 sw=0x4100
#out64 rax=0x4600 sw=0x4600
#out64 rax=0x4300 sw=0x4300
#out64 rax=0x400 sw=0x400
#out64 rax=0x4100 sw=0x4100
#out64 rax=0x700 sw=0x700
#out64 rax=0x4300 sw=0x4300
#out64 rax=0x100 sw=0x100
#out64 rax=0x4100 sw=0x4100
#out64 rax=0x100 sw=0x100
#out64 rax=0x4100 sw=0x4100
#out64 -
#out64 rax=0x4100 sw=0x4100
#case stack_overflow_and_underflow 32 64
#in used=0xff|0
        fld1
        fstp    st(0)
        fstp    st(0)
#code32 d9e8ddd8ddd8
#out32 sw=0x841 used=0x7e r7=ffff:c000000000000000
#out32 sw=0x841 r0=ffff:c000000000000000 r7=3fff:8000000000000000
#code64 d9e8ddd8ddd8
#out64 sw=0x841 used=0x7e r7=ffff:c000000000000000
#out64 sw=0x841 r0=ffff:c000000000000000 r7=3fff:8000000000000000
#case ffree_fincstp_fdecstp 32 64
        fldz
        fld1
        ffree   st(1)
        fincstp
        fxam
        fnstsw  ax
        fdecstp
        fdecstp
#code32 d9eed9e8ddc1d9f7d9e5dfe0d9f6d9f6
#out32 eax=0x7900 sw=0x6900 used=0x40 r6=3fff:8000000000000000
#code64 d9eed9e8ddc1d9f7d9e5dfe0d9f6d9f6
#out64 rax=0x7900 sw=0x6900 used=0x40 r6=3fff:8000000000000000
#case fld_fstp_m64_carries_bits 32 64
#in [data]=01000000000000f0 [data+8]=000000000000f87f [data+16]=0100000000000000
        fld     qword ptr [data]
        fstp    qword ptr [data+32]
        fld     qword ptr [data+8]
        fstp    qword ptr [data+40]
        fld     qword ptr [data+16]
        fstp    qword ptr [data+48]
#code32 dd0500000002dd1d20000002dd0508000002dd1d28000002dd0510000002dd1d30000002
#out32 sw=0x2 r7=3bcd:8000000000000000 [data+0x20]=01000000000000f0000000000000f87f01
#code64 dd042500000002dd1c2520000002dd042508000002dd1c2528000002dd042510000002dd1c2530000002
#out64 sw=0x2 r7=3bcd:8000000000000000 [data+0x20]=01000000000000f0000000000000f87f01
#case fld_signalling_m32 32 64
#in [data]=010080ff
        fld     dword ptr [data]
        fnstsw  ax
#code32 d90500000002dfe0
#out32 eax=0x3801 sw=0x3801 used=0x80 r7=ffff:c000010000000000
#code64 d9042500000002dfe0
#out64 rax=0x3801 sw=0x3801 used=0x80 r7=ffff:c000010000000000
#case fild_fistp_m64_any_bits 32 64
#in [data]=0102030405060788|ffffffffffffffff|0000000000000080
        fild    qword ptr [data]
        fistp   qword ptr [data+8]
#code32 df2d00000002df3d08000002
#out32 r7=c03d:eff1f3f5f7f9fbfe [data+0x8]=0102030405060788
#out32 r7=bfff:8000000000000000 [data+0x8]=ffffffffffffffff
#out32 r7=c03e:8000000000000000 [data+0xf]=80
#code64 df2c2500000002df3c2508000002
#out64 r7=c03d:eff1f3f5f7f9fbfe [data+0x8]=0102030405060788
#out64 r7=bfff:8000000000000000 [data+0x8]=ffffffffffffffff
#out64 r7=c03e:8000000000000000 [data+0xf]=80
#case fistp_out_of_range 32 64
#in st0=401e:8000000000000000|c01e:8000000000000000|7fff:8000000000000000|ffff:c000000000000000|403e:8000000000000000
        fist    dword ptr [data]
        fist    word ptr [data+4]
        fistp   qword ptr [data+8]
        fnstsw  ax
#code32 db1500000002df1504000002df3d08000002dfe0
#out32 eax=0x801 sw=0x801 used=0x0 [data+0x3]=800080000000000080
#out32 eax=0x801 sw=0x801 used=0x0 [data+0x3]=800080000000000080ffffffff
#out32 eax=0x801 sw=0x801 used=0x0 [data+0x3]=800080 [data+0xf]=80
#out32 eax=0x801 sw=0x801 used=0x0 [data+0x3]=800080 [data+0xf]=80
#out32 eax=0x801 sw=0x801 used=0x0 [data+0x3]=800080 [data+0xf]=80
#code64 db142500000002df142504000002df3c2508000002dfe0
#out64 rax=0x801 sw=0x801 used=0x0 [data+0x3]=800080000000000080
#out64 rax=0x801 sw=0x801 used=0x0 [data+0x3]=800080000000000080ffffffff
#out64 rax=0x801 sw=0x801 used=0x0 [data+0x3]=800080 [data+0xf]=80
#out64 rax=0x801 sw=0x801 used=0x0 [data+0x3]=800080 [data+0xf]=80
#out64 rax=0x801 sw=0x801 used=0x0 [data+0x3]=800080 [data+0xf]=80
#case fistp_rounding_control 32 64
#in cw=0x37f|0x77f|0xb7f|0xf7f st0=4000:a000000000000000|c000:a000000000000000|3ffe:8000000000000000|3ffe:8000000000000001
        fistp   dword ptr [data]
        fnstsw  ax
#code32 db1d00000002dfe0
#out32 eax=0x820 sw=0x820 used=0x0 [data]=02
#out32 eax=0x820 sw=0x820 used=0x0 [data]=feffffff
#out32 eax=0x820 sw=0x820 used=0x0
#out32 eax=0xa20 sw=0xa20 used=0x0 [data]=01
#out32 eax=0x820 sw=0x820 used=0x0 [data]=02
#out32 eax=0xa20 sw=0xa20 used=0x0 [data]=fdffffff
#out32 eax=0x820 sw=0x820 used=0x0
#out32 eax=0x820 sw=0x820 used=0x0
#out32 eax=0xa20 sw=0xa20 used=0x0 [data]=03
#out32 eax=0x820 sw=0x820 used=0x0 [data]=feffffff
#out32 eax=0xa20 sw=0xa20 used=0x0 [data]=01
#out32 eax=0xa20 sw=0xa20 used=0x0 [data]=01
#out32 eax=0x820 sw=0x820 used=0x0 [data]=02
#out32 eax=0x820 sw=0x820 used=0x0 [data]=feffffff
#out32 eax=0x820 sw=0x820 used=0x0
#out32 eax=0x820 sw=0x820 used=0x0
#code64 db1c2500000002dfe0
#out64 rax=0x820 sw=0x820 used=0x0 [data]=02
#out64 rax=0x820 sw=0x820 used=0x0 [data]=feffffff
#out64 rax=0x820 sw=0x820 used=0x0
#out64 rax=0xa20 sw=0xa20 used=0x0 [data]=01
#out64 rax=0x820 sw=0x820 used=0x0 [data]=02
#out64 rax=0xa20 sw=0xa20 used=0x0 [data]=fdffffff
#out64 rax=0x820 sw=0x820 used=0x0
#out64 rax=0x820 sw=0x820 used=0x0
#out64 rax=0xa20 sw=0xa20 used=0x0 [data]=03
#out64 rax=0x820 sw=0x820 used=0x0 [data]=feffffff
#out64 rax=0xa20 sw=0xa20 used=0x0 [data]=01
#out64 rax=0xa20 sw=0xa20 used=0x0 [data]=01
#out64 rax=0x820 sw=0x820 used=0x0 [data]=02
#out64 rax=0x820 sw=0x820 used=0x0 [data]=feffffff
#out64 rax=0x820 sw=0x820 used=0x0
#out64 rax=0x820 sw=0x820 used=0x0
#case fisttp_truncates 32 64
#in st0=4000:ffffffffffffffff|c000:f000000000000000
        fisttp  dword ptr [data]
#code32 db0d00000002
#out32 sw=0x820 used=0x0 [data]=03
#out32 sw=0x820 used=0x0 [data]=fdffffff
#code64 db0c2500000002
#out64 sw=0x820 used=0x0 [data]=03
#out64 sw=0x820 used=0x0 [data]=fdffffff
#case precision_control 32 64
#in cw=0x07f|0x27f|0x37f st0=3fff:ffffffffffffffff st1=3fff:8000000000000001
        fld     st(0)
        fmul    st, st(2)
        fxch    st(1)
        fsqrt
        fnstsw  ax
#code32 d9c0d8cad9c9d9fadfe0
#out32 eax=0x3820 sw=0x3820 used=0x83 r0=4000:8000000000000000 r7=3fff:b504f30000000000
#out32 eax=0x3a20 sw=0x3a20 used=0x83 r0=4000:8000000000000000 r7=3fff:b504f333f9de6800
#out32 eax=0x3a20 sw=0x3a20 used=0x83 r0=4000:8000000000000000 r7=3fff:b504f333f9de6484
#code64 d9c0d8cad9c9d9fadfe0
#out64 rax=0x3820 sw=0x3820 used=0x83 r0=4000:8000000000000000 r7=3fff:b504f30000000000
#out64 rax=0x3a20 sw=0x3a20 used=0x83 r0=4000:8000000000000000 r7=3fff:b504f333f9de6800
#out64 rax=0x3a20 sw=0x3a20 used=0x83 r0=4000:8000000000000000 r7=3fff:b504f333f9de6484
#case fdiv_by_zero_and_invalid 32 64
#in st0=3fff:8000000000000000|0000:0000000000000000 st1=0000:0000000000000000|8000:0000000000000000
        fdiv    st, st(1)
        fnstsw  ax
#code32 d8f1dfe0
#out32 eax=0x4 sw=0x4 r0=7fff:8000000000000000
#out32 eax=0x4 sw=0x4 r0=ffff:8000000000000000
#out32 eax=0x1 sw=0x1 r0=ffff:c000000000000000
#out32 eax=0x1 sw=0x1 r0=ffff:c000000000000000
#code64 d8f1dfe0
#out64 rax=0x4 sw=0x4 r0=7fff:8000000000000000
#out64 rax=0x4 sw=0x4 r0=ffff:8000000000000000
#out64 rax=0x1 sw=0x1 r0=ffff:c000000000000000
#out64 rax=0x1 sw=0x1 r0=ffff:c000000000000000
#case fdiv_unmasked_raises_at_next 32 64
#in cw=0x37b st0=3fff:8000000000000000 st1=0000:0000000000000000
        fdiv    st, st(1)
        nop
        fnop
#code32 d8f190d9d0
#out32 stop=sigfpe.0x3@code+0x3 rip=code+0x3 sw=0x8084
#code64 d8f190d9d0
#out64 stop=sigfpe.0x3@code+0x3 rip=code+0x3 sw=0x8084
#case fnstsw_does_not_wait 32 64
#in cw=0x37e st0=7fff:8000000000000001 st1=3fff:8000000000000000
        fadd    st, st(1)
        fnstsw  ax
        fnclex
        fwait
#code32 d8c1dfe0dbe29b
#out32 eax=0x8081
#code64 d8c1dfe0dbe29b
#out64 rax=0x8081
#case overflow_underflow 32 64
#in cw=0x37f|0xf7f|0x27f st0=7ffe:ffffffffffffffff|0001:8000000000000000 st1=7ffe:ffffffffffffffff|0001:8000000000000000
        fld     st(0)
        fmul    st, st(2)
        fnstsw  ax
#code32 d9c0d8cadfe0
#out32 eax=0x3a28 sw=0x3a28 used=0x83 r7=7fff:8000000000000000
#out32 eax=0x3800 sw=0x3800 used=0x83 r7=4000:ffffffffffffffff
#out32 eax=0x3800 sw=0x3800 used=0x83 r7=4000:ffffffffffffffff
#out32 eax=0x3830 sw=0x3830 used=0x83
#out32 eax=0x3828 sw=0x3828 used=0x83 r7=7ffe:ffffffffffffffff
#out32 eax=0x3800 sw=0x3800 used=0x83 r7=4000:ffffffffffffffff
#out32 eax=0x3800 sw=0x3800 used=0x83 r7=4000:ffffffffffffffff
#out32 eax=0x3830 sw=0x3830 used=0x83
#out32 eax=0x3a28 sw=0x3a28 used=0x83 r7=7fff:8000000000000000
#out32 eax=0x3a20 sw=0x3a20 used=0x83 r7=4001:8000000000000000
#out32 eax=0x3a20 sw=0x3a20 used=0x83 r7=4001:8000000000000000
#out32 eax=0x3830 sw=0x3830 used=0x83
#code64 d9c0d8cadfe0
#out64 rax=0x3a28 sw=0x3a28 used=0x83 r7=7fff:8000000000000000
#out64 rax=0x3800 sw=0x3800 used=0x83 r7=4000:ffffffffffffffff
#out64 rax=0x3800 sw=0x3800 used=0x83 r7=4000:ffffffffffffffff
#out64 rax=0x3830 sw=0x3830 used=0x83
#out64 rax=0x3828 sw=0x3828 used=0x83 r7=7ffe:ffffffffffffffff
#out64 rax=0x3800 sw=0x3800 used=0x83 r7=4000:ffffffffffffffff
#out64 rax=0x3800 sw=0x3800 used=0x83 r7=4000:ffffffffffffffff
#out64 rax=0x3830 sw=0x3830 used=0x83
#out64 rax=0x3a28 sw=0x3a28 used=0x83 r7=7fff:8000000000000000
#out64 rax=0x3a20 sw=0x3a20 used=0x83 r7=4001:8000000000000000
#out64 rax=0x3a20 sw=0x3a20 used=0x83 r7=4001:8000000000000000
#out64 rax=0x3830 sw=0x3830 used=0x83
#case fprem_quotient_bits 32 64
#in st0=4003:d000000000000000|c003:d000000000000000|4080:ffffffffffffffff st1=4000:c000000000000000
        fprem
        fnstsw  ax
#code32 d9f8dfe0
#out32 r0=4000:8000000000000000
#out32 r0=c000:8000000000000000
#out32 eax=0x400 sw=0x400 r0=405e:fffffffc00000000
#code64 d9f8dfe0
#out64 r0=4000:8000000000000000
#out64 r0=c000:8000000000000000
#out64 rax=0x400 sw=0x400 r0=405e:fffffffc00000000
#case fprem1_quotient_bits 32 64
#in st0=4003:d000000000000000|c003:d000000000000000|4002:a000000000000000 st1=4000:c000000000000000
        fprem1
        fnstsw  ax
#code32 d9f5dfe0
#out32 eax=0x200 sw=0x200 r0=bfff:8000000000000000
#out32 eax=0x200 sw=0x200 r0=3fff:8000000000000000
#out32 eax=0x4200 sw=0x4200 r0=3fff:8000000000000000
#code64 d9f5dfe0
#out64 rax=0x200 sw=0x200 r0=bfff:8000000000000000
#out64 rax=0x200 sw=0x200 r0=3fff:8000000000000000
#out64 rax=0x4200 sw=0x4200 r0=3fff:8000000000000000
#case fbld_fbstp 32 64
#in [data]=90785634120000000080
        fbld    tbyte ptr [data]
        fbstp   tbyte ptr [data+16]
#code32 df2500000002df3510000002
#out32 r7=c01d:932c05a400000000 [data+0x10]=90785634120000000080
#code64 df242500000002df342510000002
#out64 r7=c01d:932c05a400000000 [data+0x10]=90785634120000000080
#case fbstp_out_of_range 32 64
#in st0=403b:de0b6b3a76400000|7fff:8000000000000000|3ffe:8000000000000000
        fbstp   tbyte ptr [data]
        fnstsw  ax
#code32 df3500000002dfe0
#out32 eax=0x801 sw=0x801 used=0x0 [data+0x7]=c0ffff
#out32 eax=0x801 sw=0x801 used=0x0 [data+0x7]=c0ffff
#out32 eax=0x820 sw=0x820 used=0x0
#code64 df342500000002dfe0
#out64 rax=0x801 sw=0x801 used=0x0 [data+0x7]=c0ffff
#out64 rax=0x801 sw=0x801 used=0x0 [data+0x7]=c0ffff
#out64 rax=0x820 sw=0x820 used=0x0
#case fscale_edges 32 64
#in st0=3fff:c000000000000000|7fff:8000000000000000|0000:0000000000000000 st1=4002:8000000000000000|ffff:8000000000000000|7fff:8000000000000000
        fscale
        fnstsw  ax
#code32 d9fddfe0
#out32 r0=4007:c000000000000000
#out32 r0=0000:0000000000000000
#out32 r0=7fff:8000000000000000
#out32 -
#out32 eax=0x1 sw=0x1 r0=ffff:c000000000000000
#out32 -
#out32 -
#out32 -
#out32 eax=0x1 sw=0x1 r0=ffff:c000000000000000
#code64 d9fddfe0
#out64 r0=4007:c000000000000000
#out64 r0=0000:0000000000000000
#out64 r0=7fff:8000000000000000
#out64 -
#out64 rax=0x1 sw=0x1 r0=ffff:c000000000000000
#out64 -
#out64 -
#out64 -
#out64 rax=0x1 sw=0x1 r0=ffff:c000000000000000
#case fxtract_edges 32 64
#in st0=4003:d000000000000000|0000:0000000000000000|7fff:8000000000000000|0000:0000000000000001
        fxtract
        fnstsw  ax
#code32 d9f4dfe0
#out32 eax=0x3800 sw=0x3800 used=0x81 r0=4001:8000000000000000 r7=3fff:d000000000000000
#out32 eax=0x3804 sw=0x3804 used=0x81 r0=ffff:8000000000000000
#out32 eax=0x3800 sw=0x3800 used=0x81 r7=7fff:8000000000000000
#out32 eax=0x3802 sw=0x3802 used=0x81 r0=c00d:807a000000000000 r7=3fff:8000000000000000
#code64 d9f4dfe0
#out64 rax=0x3800 sw=0x3800 used=0x81 r0=4001:8000000000000000 r7=3fff:d000000000000000
#out64 rax=0x3804 sw=0x3804 used=0x81 r0=ffff:8000000000000000
#out64 rax=0x3800 sw=0x3800 used=0x81 r7=7fff:8000000000000000
#out64 rax=0x3802 sw=0x3802 used=0x81 r0=c00d:807a000000000000 r7=3fff:8000000000000000
#case frndint_modes 32 64
#in cw=0x37f|0x77f|0xb7f|0xf7f st0=3ffe:8000000000000000|bffe:8000000000000000|3fff:c000000000000000
        frndint
        fnstsw  ax
#code32 d9fcdfe0
#out32 eax=0x20 sw=0x20 r0=0000:0000000000000000
#out32 eax=0x20 sw=0x20 r0=8000:0000000000000000
#out32 eax=0x220 sw=0x220 r0=4000:8000000000000000
#out32 eax=0x20 sw=0x20 r0=0000:0000000000000000
#out32 eax=0x220 sw=0x220 r0=bfff:8000000000000000
#out32 eax=0x20 sw=0x20 r0=3fff:8000000000000000
#out32 eax=0x220 sw=0x220 r0=3fff:8000000000000000
#out32 eax=0x20 sw=0x20 r0=8000:0000000000000000
#out32 eax=0x220 sw=0x220 r0=4000:8000000000000000
#out32 eax=0x20 sw=0x20 r0=0000:0000000000000000
#out32 eax=0x20 sw=0x20 r0=8000:0000000000000000
#out32 eax=0x20 sw=0x20 r0=3fff:8000000000000000
#code64 d9fcdfe0
#out64 rax=0x20 sw=0x20 r0=0000:0000000000000000
#out64 rax=0x20 sw=0x20 r0=8000:0000000000000000
#out64 rax=0x220 sw=0x220 r0=4000:8000000000000000
#out64 rax=0x20 sw=0x20 r0=0000:0000000000000000
#out64 rax=0x220 sw=0x220 r0=bfff:8000000000000000
#out64 rax=0x20 sw=0x20 r0=3fff:8000000000000000
#out64 rax=0x220 sw=0x220 r0=3fff:8000000000000000
#out64 rax=0x20 sw=0x20 r0=8000:0000000000000000
#out64 rax=0x220 sw=0x220 r0=4000:8000000000000000
#out64 rax=0x20 sw=0x20 r0=0000:0000000000000000
#out64 rax=0x20 sw=0x20 r0=8000:0000000000000000
#out64 rax=0x20 sw=0x20 r0=3fff:8000000000000000
#case compare_flags 32 64
#in st0=3fff:8000000000000000|7fff:c000000000000000|0000:0000000000000000 st1=3fff:8000000000000000|bfff:8000000000000000|8000:0000000000000000
        fucomi  st, st(1)
        setb    bl
        fucom   st(1)
        fnstsw  ax
        sahf
#code32 dbe90f92c3dde1dfe09e
#out32 eax=0x4000 flags=zf sw=0x4000
#out32 -
#out32 -
#out32 eax=0x4500 ebx=0x1 flags=cf+pf+zf sw=0x4500
#out32 eax=0x4500 ebx=0x1 flags=cf+pf+zf sw=0x4500
#out32 eax=0x4500 ebx=0x1 flags=cf+pf+zf sw=0x4500
#out32 eax=0x100 ebx=0x1 flags=cf sw=0x100
#out32 -
#out32 eax=0x4000 flags=zf sw=0x4000
#code64 dbe90f92c3dde1dfe09e
#out64 rax=0x4000 flags=zf sw=0x4000
#out64 -
#out64 -
#out64 rax=0x4500 rbx=0x1 flags=cf+pf+zf sw=0x4500
#out64 rax=0x4500 rbx=0x1 flags=cf+pf+zf sw=0x4500
#out64 rax=0x4500 rbx=0x1 flags=cf+pf+zf sw=0x4500
#out64 rax=0x100 rbx=0x1 flags=cf sw=0x100
#out64 -
#out64 rax=0x4000 flags=zf sw=0x4000
#case fcom_quiet_nan_is_invalid 32 64
#in st0=7fff:c000000000000000 st1=3fff:8000000000000000
        fcom    st(1)
        fnstsw  ax
#code32 d8d1dfe0
#out32 eax=0x4501 sw=0x4501
#code64 d8d1dfe0
#out64 rax=0x4501 sw=0x4501
#case fcmov 32 64
#in flags=none|cf|zf|pf st0=3fff:8000000000000000 st1=4000:8000000000000000
        fcmovb  st, st(1)
        fcmove  st, st(1)
        fcmovnu st, st(1)
#code32 dac1dac9dbd9
#out32 r0=4000:8000000000000000
#out32 r0=4000:8000000000000000
#out32 r0=4000:8000000000000000
#out32 -
#code64 dac1dac9dbd9
#out64 r0=4000:8000000000000000
#out64 r0=4000:8000000000000000
#out64 r0=4000:8000000000000000
#out64 -
#case constants_rounded 32 64
#in cw=0x37f|0x77f|0xb7f|0xf7f
        fldpi
        fldl2t
        fldl2e
        fldlg2
        fldln2
#code32 d9ebd9e9d9ead9ecd9ed
#out32 sw=0x1800 used=0xf8 r3=3ffe:b17217f7d1cf79ac r4=3ffd:9a209a84fbcff799 r5=3fff:b8aa3b295c17f0bc r6=4000:d49a784bcd1b8afe r7=4000:c90fdaa22168c235
#out32 sw=0x1800 used=0xf8 r3=3ffe:b17217f7d1cf79ab r4=3ffd:9a209a84fbcff798 r5=3fff:b8aa3b295c17f0bb r6=4000:d49a784bcd1b8afe r7=4000:c90fdaa22168c234
#out32 sw=0x1800 used=0xf8 r3=3ffe:b17217f7d1cf79ac r4=3ffd:9a209a84fbcff799 r5=3fff:b8aa3b295c17f0bc r6=4000:d49a784bcd1b8aff r7=4000:c90fdaa22168c235
#out32 sw=0x1800 used=0xf8 r3=3ffe:b17217f7d1cf79ab r4=3ffd:9a209a84fbcff798 r5=3fff:b8aa3b295c17f0bb r6=4000:d49a784bcd1b8afe r7=4000:c90fdaa22168c234
#code64 d9ebd9e9d9ead9ecd9ed
#out64 sw=0x1800 used=0xf8 r3=3ffe:b17217f7d1cf79ac r4=3ffd:9a209a84fbcff799 r5=3fff:b8aa3b295c17f0bc r6=4000:d49a784bcd1b8afe r7=4000:c90fdaa22168c235
#out64 sw=0x1800 used=0xf8 r3=3ffe:b17217f7d1cf79ab r4=3ffd:9a209a84fbcff798 r5=3fff:b8aa3b295c17f0bb r6=4000:d49a784bcd1b8afe r7=4000:c90fdaa22168c234
#out64 sw=0x1800 used=0xf8 r3=3ffe:b17217f7d1cf79ac r4=3ffd:9a209a84fbcff799 r5=3fff:b8aa3b295c17f0bc r6=4000:d49a784bcd1b8aff r7=4000:c90fdaa22168c235
#out64 sw=0x1800 used=0xf8 r3=3ffe:b17217f7d1cf79ab r4=3ffd:9a209a84fbcff798 r5=3fff:b8aa3b295c17f0bb r6=4000:d49a784bcd1b8afe r7=4000:c90fdaa22168c234
#case denormal_operand 32 64
#in st0=0000:0000000000000001|0000:8000000000000000 st1=3fff:8000000000000000
        fadd    st, st(1)
        fnstsw  ax
#code32 d8c1dfe0
#out32 eax=0x22 sw=0x22 r0=3fff:8000000000000000
#out32 eax=0x22 sw=0x22 r0=3fff:8000000000000000
#code64 d8c1dfe0
#out64 rax=0x22 sw=0x22 r0=3fff:8000000000000000
#out64 rax=0x22 sw=0x22 r0=3fff:8000000000000000
#case nan_choice 32 64
#in st0=7fff:c000000000000001|ffff:c000000000000002|7fff:8000000000000003 st1=7fff:c000000000000002|ffff:c000000000000002|7fff:a000000000000001
        fadd    st, st(1)
        fnstsw  ax
#code32 d8c1dfe0
#out32 r0=7fff:c000000000000002
#out32 r0=ffff:c000000000000002
#out32 eax=0x1 sw=0x1
#out32 r0=7fff:c000000000000002
#out32 -
#out32 eax=0x1 sw=0x1
#out32 eax=0x1 sw=0x1 r0=7fff:c000000000000002
#out32 eax=0x1 sw=0x1 r0=ffff:c000000000000002
#out32 eax=0x1 sw=0x1 r0=7fff:e000000000000001
#code64 d8c1dfe0
#out64 r0=7fff:c000000000000002
#out64 r0=ffff:c000000000000002
#out64 rax=0x1 sw=0x1
#out64 r0=7fff:c000000000000002
#out64 -
#out64 rax=0x1 sw=0x1
#out64 rax=0x1 sw=0x1 r0=7fff:c000000000000002
#out64 rax=0x1 sw=0x1 r0=ffff:c000000000000002
#out64 rax=0x1 sw=0x1 r0=7fff:e000000000000001
#case unsupported_encodings 32 64
#in st0=3fff:4000000000000000|7fff:0000000000000001|7fff:4000000000000000 st1=3fff:8000000000000000
        fadd    st, st(1)
        fnstsw  ax
#code32 d8c1dfe0
#out32 eax=0x1 sw=0x1 r0=ffff:c000000000000000
#out32 eax=0x1 sw=0x1 r0=ffff:c000000000000000
#out32 eax=0x1 sw=0x1 r0=ffff:c000000000000000
#code64 d8c1dfe0
#out64 rax=0x1 sw=0x1 r0=ffff:c000000000000000
#out64 rax=0x1 sw=0x1 r0=ffff:c000000000000000
#out64 rax=0x1 sw=0x1 r0=ffff:c000000000000000
#case fstp_m32_underflow_rounding 32 64
#in cw=0x37f|0xb7f st0=3f80:8000000000000000|3f69:c000000000000000|3f7f:ffffffffffffffff
        fstp    dword ptr [data]
        fnstsw  ax
#code32 d91d00000002dfe0
#out32 eax=0x800 sw=0x800 used=0x0 [data+0x2]=40
#out32 eax=0xa30 sw=0xa30 used=0x0 [data]=01
#out32 eax=0xa30 sw=0xa30 used=0x0 [data+0x2]=40
#out32 eax=0x800 sw=0x800 used=0x0 [data+0x2]=40
#out32 eax=0xa30 sw=0xa30 used=0x0 [data]=01
#out32 eax=0xa30 sw=0xa30 used=0x0 [data+0x2]=40
#code64 d91c2500000002dfe0
#out64 rax=0x800 sw=0x800 used=0x0 [data+0x2]=40
#out64 rax=0xa30 sw=0xa30 used=0x0 [data]=01
#out64 rax=0xa30 sw=0xa30 used=0x0 [data+0x2]=40
#out64 rax=0x800 sw=0x800 used=0x0 [data+0x2]=40
#out64 rax=0xa30 sw=0xa30 used=0x0 [data]=01
#out64 rax=0xa30 sw=0xa30 used=0x0 [data+0x2]=40
#case fst_fault_keeps_stack 32 64
#in edi=ro st0=3fff:8000000000000000 used=1
        fstp    qword ptr [edi]
#code32 dd1f
#out32 stop=sigsegv.0x2@ro rip=code
#code64 67dd1f
#out64 stop=sigsegv.0x2@ro rip=code
#case fninit_keeps_registers 32 64
#in st0=3fff:8000000000000000 st3=4000:8000000000000000 cw=0x27f
        fninit
        fnstcw  word ptr [data]
#code32 dbe3d93d00000002
#out32 cw=0x37f used=0x0 [data]=7f03
#code64 dbe3d93c2500000002
#out64 cw=0x37f used=0x0 [data]=7f03
#case fld_m80_fstp_m80_any_bits 32 64
#in [data]=0102030405060708ff7f
        fld     tbyte ptr [data]
        fstp    tbyte ptr [data+16]
#code32 db2d00000002db3d10000002
#out32 r7=7fff:0807060504030201 [data+0x10]=0102030405060708ff7f
#code64 db2c2500000002db3c2510000002
#out64 r7=7fff:0807060504030201 [data+0x10]=0102030405060708ff7f
# Instructions of old processors and second encodings.
#case obsolete_control 32 64
#in st0=3fff:8000000000000001 sw=0x3a00
        .byte   0xdb, 0xe0
        .byte   0xdb, 0xe1
        .byte   0xdb, 0xe4
#code32 dbe0dbe1dbe4
#out32 -
#code64 dbe0dbe1dbe4
#out64 -
#case obsolete_control_pending 32 64
#in cw=0x37b [data+4]=00000000 st0=3fff:8000000000000001
        fdiv    dword ptr [data+4]
        .byte   0xdb, 0xe0
        .byte   0xdb, 0xe1
        .byte   0xdb, 0xe4
#code32 d83504000002dbe0dbe1dbe4
#out32 sw=0x8084
#code64 d8342504000002dbe0dbe1dbe4
#out64 sw=0x8084
#case store_without_check 32 64
#in sw=0x3a00 st0=3fff:8000000000000001 st1=4000:c000000000000000
        .byte   0xd9, 0xd9
#code32 d9d9
#out32 sw=0x0 used=0x1 r0=3fff:8000000000000001
#code64 d9d9
#out64 sw=0x0 used=0x1 r0=3fff:8000000000000001
#case store_without_check_empty 32 64
#in sw=0x3000 used=0x80|0x00
        .byte   0xd9, 0xd9
#code32 d9d9
#out32 sw=0x3800
#out32 sw=0x3800
#code64 d9d9
#out64 sw=0x3800
#out64 sw=0x3800
#case store_without_check_unmasked 32 64
#in sw=0x3000 used=0x80 cw=0x37e
        .byte   0xd9, 0xd9
        .byte   0xd9, 0xda
#code32 d9d9d9da
#out32 sw=0x0 used=0x2
#code64 d9d9d9da
#out64 sw=0x0 used=0x2
#case aliases 32 64
#in st0=3fff:8000000000000001 st1=4000:c000000000000000 st2=4001:c000000000000000
        .byte   0xdc, 0xd1
        .byte   0xdc, 0xd9
        .byte   0xdd, 0xc9
        .byte   0xdf, 0xc9
        .byte   0xdf, 0xd1
#code32 dcd1dcd9ddc9dfc9dfd1
#out32 sw=0x1100 used=0x4 r2=4000:c000000000000000
#code64 dcd1dcd9ddc9dfc9dfd1
#out64 sw=0x1100 used=0x4 r2=4000:c000000000000000
#case aliases_2 32 64
#in st0=3fff:8000000000000001 st1=4000:c000000000000000 st2=4001:c000000000000000
        .byte   0xde, 0xd1
        .byte   0xdf, 0xd9
#code32 ded1dfd9
#out32 sw=0x1100 used=0x4 r2=4000:c000000000000000
#code64 ded1dfd9
#out64 sw=0x1100 used=0x4 r2=4000:c000000000000000
#case loop_of_three_blocks 32 64
#in st0=3fff:8000000000000001 st1=bffd:c000000000000000
        mov     ecx, 9
1:      fld     st(1)
        fmul    st, st(2)
        fadd    st, st(1)
        fxch    st(2)
        fadd    st, st(0)
        fcomi   st, st(1)
        jae     2f
        fchs
2:      fstp    st(2)
        dec     ecx
        jnz     1b
        fnstsw  ax
#code32 b909000000d9c1d8cad8c1d9cad8c0dbf17302d9e0ddda4975ebdfe0
#out32 eax=0x20 flags=pf+zf sw=0x20 r1=4006:c000000000000000 r7=4006:c000000000000000
#code64 b909000000d9c1d8cad8c1d9cad8c0dbf17302d9e0dddaffc975eadfe0
#out64 rax=0x20 flags=pf+zf sw=0x20 r1=4006:c000000000000000 r7=4006:c000000000000000
#case loop_that_fills_the_stack 32 64
        mov     ecx, 10
1:      fld1
        fld     st(0)
        faddp   st(1), st
        dec     ecx
        jnz     1b
        fnstsw  ax
#code32 b90a000000d9e8d9c0dec14975f7dfe0
#out32 eax=0x3041 flags=pf+zf sw=0x3041 used=0xdf r0=ffff:c000000000000000 r1=4000:8000000000000000 r2=4000:8000000000000000 r3=4000:8000000000000000 r4=4000:8000000000000000 r5=ffff:c000000000000000 r6=ffff:c000000000000000 r7=ffff:c000000000000000
#code64 b90a000000d9e8d9c0dec1ffc975f6dfe0
#out64 rax=0x3041 flags=pf+zf sw=0x3041 used=0xdf r0=ffff:c000000000000000 r1=4000:8000000000000000 r2=4000:8000000000000000 r3=4000:8000000000000000 r4=4000:8000000000000000 r5=ffff:c000000000000000 r6=ffff:c000000000000000 r7=ffff:c000000000000000
#case loop_that_empties_the_stack 32 64
#in st0=3fff:8000000000000001 st1=4000:c000000000000000 st2=4001:c000000000000000
        mov     ecx, 4
1:      fadd    st, st(1)
        fstp    st(1)
        dec     ecx
        jnz     1b
        fnstsw  ax
#code32 b904000000d8c1ddd94975f9dfe0
#out32 eax=0x2061 flags=pf+zf sw=0x2061 used=0x10 r0=4001:8000000000000000 r1=4002:a000000000000000 r2=ffff:c000000000000000 r3=ffff:c000000000000000 r4=ffff:c000000000000000
#code64 b904000000d8c1ddd9ffc975f8dfe0
#out64 rax=0x2061 flags=pf+zf sw=0x2061 used=0x10 r0=4001:8000000000000000 r1=4002:a000000000000000 r2=ffff:c000000000000000 r3=ffff:c000000000000000 r4=ffff:c000000000000000
#case rounding_seen_behind_a_branch 32 64
#in st0=4000:c000000000000000 st1=3fff:8000000000000000 st2=3fff:8000000000000001
        fdivr   st, st(1)
        jmp     1f
1:      fnstsw  ax
        fadd    st, st(2)
        fxch    st(2)
#code32 d8f9eb00dfe0d8c2d9ca
#out32 eax=0x220 sw=0x20 r0=3fff:8000000000000001 r2=3fff:aaaaaaaaaaaaaaac
#code64 d8f9eb00dfe0d8c2d9ca
#out64 rax=0x220 sw=0x20 r0=3fff:8000000000000001 r2=3fff:aaaaaaaaaaaaaaac
#case differences_that_cancel 32 64
#in st0=3fff:8000000000000000 st1=3ffe:ffffffffffffffff st2=3fbf:8000000000000001 st3=3fc0:ffffffffffffffff
        fld     st(0)
        fsub    st, st(2)
        fld     st(1)
        fsub    st, st(4)
        fld     st(2)
        fsub    st, st(6)
        fld     st(5)
        fsubr   st, st(4)
        fnstsw  ax
#code32 d9c0d8e2d9c1d8e4d9c2d8e6d9c5d8ecdfe0
#out32 eax=0x2220 sw=0x2220 used=0xff r4=3ffe:ffffffffffffffff r5=3ffe:fffffffffffffffc r6=3ffe:ffffffffffffffff r7=3fbf:8000000000000000
#code64 d9c0d8e2d9c1d8e4d9c2d8e6d9c5d8ecdfe0
#out64 rax=0x2220 sw=0x2220 used=0xff r4=3ffe:ffffffffffffffff r5=3ffe:fffffffffffffffc r6=3ffe:ffffffffffffffff r7=3fbf:8000000000000000
#case stores_at_edges 32 64
#in cw=0x37f|0x27f|0xb7f st0=3fff:80000000000003ff|3fff:8000000000000400|bfff:8000000000000c00|3fff:ffffffffffffffff|43fe:fffffffffffffbff|43fe:fffffffffffffc00|3c01:8000000000000000|3c00:ffffffffffffffff|c07e:ffffff7fffffffff|407e:ffffff8000000000|3f81:8000000000000000|3f80:ffffffffffffffff
        fst     qword ptr [data]
        fst     dword ptr [data + 8]
        fnstsw  ax
#code32 dd1500000002d91508000002dfe0
#out32 eax=0x20 sw=0x20 [data+0x6]=f03f0000803f
#out32 eax=0x20 sw=0x20 [data+0x6]=f03f0000803f
#out32 eax=0x20 sw=0x20 [data]=020000000000f0bf000080bf
#out32 eax=0x220 sw=0x220 [data+0x7]=4000000040
#out32 eax=0x228 sw=0x228 [data]=ffffffffffffef7f0000807f
#out32 eax=0x228 sw=0x228 [data+0x6]=f07f0000807f
#out32 eax=0x30 sw=0x30 [data+0x6]=10
#out32 eax=0x30 sw=0x30 [data+0x6]=10
#out32 eax=0x20 sw=0x20 [data+0x3]=f0ffffefc7ffff7fff
#out32 eax=0x228 sw=0x228 [data+0x3]=f0ffffef470000807f
#out32 [data+0x6]=1038000080
#out32 eax=0x220 sw=0x220 [data+0x6]=1038000080
#out32 eax=0x20 sw=0x20 [data+0x6]=f03f0000803f
#out32 eax=0x20 sw=0x20 [data+0x6]=f03f0000803f
#out32 eax=0x20 sw=0x20 [data]=020000000000f0bf000080bf
#out32 eax=0x220 sw=0x220 [data+0x7]=4000000040
#out32 eax=0x228 sw=0x228 [data]=ffffffffffffef7f0000807f
#out32 eax=0x228 sw=0x228 [data+0x6]=f07f0000807f
#out32 eax=0x30 sw=0x30 [data+0x6]=10
#out32 eax=0x30 sw=0x30 [data+0x6]=10
#out32 eax=0x20 sw=0x20 [data+0x3]=f0ffffefc7ffff7fff
#out32 eax=0x228 sw=0x228 [data+0x3]=f0ffffef470000807f
#out32 [data+0x6]=1038000080
#out32 eax=0x220 sw=0x220 [data+0x6]=1038000080
#out32 eax=0x220 sw=0x220 [data]=010000000000f03f0100803f
#out32 eax=0x220 sw=0x220 [data]=010000000000f03f0100803f
#out32 eax=0x20 sw=0x20 [data]=010000000000f0bf000080bf
#out32 eax=0x220 sw=0x220 [data+0x7]=4000000040
#out32 eax=0x228 sw=0x228 [data+0x6]=f07f0000807f
#out32 eax=0x228 sw=0x228 [data+0x6]=f07f0000807f
#out32 eax=0x230 sw=0x230 [data+0x6]=100001
#out32 eax=0x230 sw=0x230 [data+0x6]=100001
#out32 eax=0x20 sw=0x20 [data]=ffffffefffffefc7ffff7fff
#out32 eax=0x228 sw=0x228 [data+0x3]=f0ffffef470000807f
#out32 [data+0x6]=1038000080
#out32 eax=0x220 sw=0x220 [data+0x6]=1038000080
#code64 dd142500000002d9142508000002dfe0
#out64 rax=0x20 sw=0x20 [data+0x6]=f03f0000803f
#out64 rax=0x20 sw=0x20 [data+0x6]=f03f0000803f
#out64 rax=0x20 sw=0x20 [data]=020000000000f0bf000080bf
#out64 rax=0x220 sw=0x220 [data+0x7]=4000000040
#out64 rax=0x228 sw=0x228 [data]=ffffffffffffef7f0000807f
#out64 rax=0x228 sw=0x228 [data+0x6]=f07f0000807f
#out64 rax=0x30 sw=0x30 [data+0x6]=10
#out64 rax=0x30 sw=0x30 [data+0x6]=10
#out64 rax=0x20 sw=0x20 [data+0x3]=f0ffffefc7ffff7fff
#out64 rax=0x228 sw=0x228 [data+0x3]=f0ffffef470000807f
#out64 [data+0x6]=1038000080
#out64 rax=0x220 sw=0x220 [data+0x6]=1038000080
#out64 rax=0x20 sw=0x20 [data+0x6]=f03f0000803f
#out64 rax=0x20 sw=0x20 [data+0x6]=f03f0000803f
#out64 rax=0x20 sw=0x20 [data]=020000000000f0bf000080bf
#out64 rax=0x220 sw=0x220 [data+0x7]=4000000040
#out64 rax=0x228 sw=0x228 [data]=ffffffffffffef7f0000807f
#out64 rax=0x228 sw=0x228 [data+0x6]=f07f0000807f
#out64 rax=0x30 sw=0x30 [data+0x6]=10
#out64 rax=0x30 sw=0x30 [data+0x6]=10
#out64 rax=0x20 sw=0x20 [data+0x3]=f0ffffefc7ffff7fff
#out64 rax=0x228 sw=0x228 [data+0x3]=f0ffffef470000807f
#out64 [data+0x6]=1038000080
#out64 rax=0x220 sw=0x220 [data+0x6]=1038000080
#out64 rax=0x220 sw=0x220 [data]=010000000000f03f0100803f
#out64 rax=0x220 sw=0x220 [data]=010000000000f03f0100803f
#out64 rax=0x20 sw=0x20 [data]=010000000000f0bf000080bf
#out64 rax=0x220 sw=0x220 [data+0x7]=4000000040
#out64 rax=0x228 sw=0x228 [data+0x6]=f07f0000807f
#out64 rax=0x228 sw=0x228 [data+0x6]=f07f0000807f
#out64 rax=0x230 sw=0x230 [data+0x6]=100001
#out64 rax=0x230 sw=0x230 [data+0x6]=100001
#out64 rax=0x20 sw=0x20 [data]=ffffffefffffefc7ffff7fff
#out64 rax=0x228 sw=0x228 [data+0x3]=f0ffffef470000807f
#out64 [data+0x6]=1038000080
#out64 rax=0x220 sw=0x220 [data+0x6]=1038000080
#case compares_of_all_orders 32 64
#in st0=3fff:8000000000000000|bfff:8000000000000001|4000:8000000000000000|8000:0000000000000000 st1=3fff:8000000000000000|3fff:8000000000000001|bfff:8000000000000000|c000:8000000000000000|0000:0000000000000000
        fcomi   st, st(1)
        setb    bl
        sete    cl
        fcom    st(1)
        fnstsw  ax
#code32 dbf10f92c30f94c1d8d1dfe0
#out32 eax=0x4000 ecx=0x1 flags=zf sw=0x4000
#out32 eax=0x100 ebx=0x1 flags=cf sw=0x100
#out32 -
#out32 -
#out32 -
#out32 eax=0x100 ebx=0x1 flags=cf sw=0x100
#out32 eax=0x100 ebx=0x1 flags=cf sw=0x100
#out32 eax=0x100 ebx=0x1 flags=cf sw=0x100
#out32 -
#out32 eax=0x100 ebx=0x1 flags=cf sw=0x100
#out32 -
#out32 -
#out32 -
#out32 -
#out32 -
#out32 eax=0x100 ebx=0x1 flags=cf sw=0x100
#out32 eax=0x100 ebx=0x1 flags=cf sw=0x100
#out32 -
#out32 -
#out32 eax=0x4000 ecx=0x1 flags=zf sw=0x4000
#code64 dbf10f92c30f94c1d8d1dfe0
#out64 rax=0x4000 rcx=0x1 flags=zf sw=0x4000
#out64 rax=0x100 rbx=0x1 flags=cf sw=0x100
#out64 -
#out64 -
#out64 -
#out64 rax=0x100 rbx=0x1 flags=cf sw=0x100
#out64 rax=0x100 rbx=0x1 flags=cf sw=0x100
#out64 rax=0x100 rbx=0x1 flags=cf sw=0x100
#out64 -
#out64 rax=0x100 rbx=0x1 flags=cf sw=0x100
#out64 -
#out64 -
#out64 -
#out64 -
#out64 -
#out64 rax=0x100 rbx=0x1 flags=cf sw=0x100
#out64 rax=0x100 rbx=0x1 flags=cf sw=0x100
#out64 -
#out64 -
#out64 rax=0x4000 rcx=0x1 flags=zf sw=0x4000
