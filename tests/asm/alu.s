# Add, subtract, logic, increment, negate, compare: flags at the edges of each width.

#case add_8 32 64
#in eax=0|1|0x7f|0x80|0xff edx=0|1|0x7f|0x80|0xff
        add     al, dl
#code32 00d0
#out32 flags=pf+zf
#out32 eax=0x1
#out32 eax=0x7f
#out32 eax=0x80 flags=sf
#out32 eax=0xff flags=pf+sf
#out32 -
#out32 eax=0x2
#out32 eax=0x80 flags=af+sf+of
#out32 eax=0x81 flags=pf+sf
#out32 eax=0x0 flags=cf+pf+af+zf
#out32 -
#out32 eax=0x80 flags=af+sf+of
#out32 eax=0xfe flags=af+sf+of
#out32 eax=0xff flags=pf+sf
#out32 eax=0x7e flags=cf+pf+af
#out32 flags=sf
#out32 eax=0x81 flags=pf+sf
#out32 eax=0xff flags=pf+sf
#out32 eax=0x0 flags=cf+pf+zf+of
#out32 eax=0x7f flags=cf+of
#out32 flags=pf+sf
#out32 eax=0x0 flags=cf+pf+af+zf
#out32 eax=0x7e flags=cf+pf+af
#out32 eax=0x7f flags=cf+of
#out32 eax=0xfe flags=cf+af+sf
#code64 00d0
#out64 flags=pf+zf
#out64 rax=0x1
#out64 rax=0x7f
#out64 rax=0x80 flags=sf
#out64 rax=0xff flags=pf+sf
#out64 -
#out64 rax=0x2
#out64 rax=0x80 flags=af+sf+of
#out64 rax=0x81 flags=pf+sf
#out64 rax=0x0 flags=cf+pf+af+zf
#out64 -
#out64 rax=0x80 flags=af+sf+of
#out64 rax=0xfe flags=af+sf+of
#out64 rax=0xff flags=pf+sf
#out64 rax=0x7e flags=cf+pf+af
#out64 flags=sf
#out64 rax=0x81 flags=pf+sf
#out64 rax=0xff flags=pf+sf
#out64 rax=0x0 flags=cf+pf+zf+of
#out64 rax=0x7f flags=cf+of
#out64 flags=pf+sf
#out64 rax=0x0 flags=cf+pf+af+zf
#out64 rax=0x7e flags=cf+pf+af
#out64 rax=0x7f flags=cf+of
#out64 rax=0xfe flags=cf+af+sf
#case sbb_8_with_carry 32 64
#in eax=0|1|0x7f|0x80|0xff edx=0|0x7f|0xff flags=none|cf
        sbb     al, dl
#code32 18d0
#out32 flags=pf+zf
#out32 eax=0xff flags=cf+pf+af+sf
#out32 eax=0x81 flags=cf+pf+af+sf
#out32 eax=0x80 flags=cf+af+sf
#out32 eax=0x1 flags=cf+af
#out32 flags=cf+pf+af+zf
#out32 -
#out32 eax=0x0 flags=pf+zf
#out32 eax=0x82 flags=cf+pf+af+sf
#out32 eax=0x81 flags=cf+pf+af+sf
#out32 eax=0x2 flags=cf+af
#out32 flags=cf+af
#out32 -
#out32 eax=0x7e flags=pf
#out32 eax=0x0 flags=pf+zf
#out32 eax=0xff flags=cf+pf+af+sf
#out32 eax=0x80 flags=cf+sf+of
#out32 flags=cf+af
#out32 flags=sf
#out32 eax=0x7f flags=af+of
#out32 eax=0x1 flags=af+of
#out32 eax=0x0 flags=pf+af+zf+of
#out32 eax=0x81 flags=cf+pf+af+sf
#out32 flags=cf+af+sf
#out32 flags=pf+sf
#out32 eax=0xfe flags=sf
#out32 eax=0x80 flags=sf
#out32 eax=0x7f flags=af+of
#out32 eax=0x0 flags=pf+zf
#out32 flags=cf+pf+af+sf
#code64 18d0
#out64 flags=pf+zf
#out64 rax=0xff flags=cf+pf+af+sf
#out64 rax=0x81 flags=cf+pf+af+sf
#out64 rax=0x80 flags=cf+af+sf
#out64 rax=0x1 flags=cf+af
#out64 flags=cf+pf+af+zf
#out64 -
#out64 rax=0x0 flags=pf+zf
#out64 rax=0x82 flags=cf+pf+af+sf
#out64 rax=0x81 flags=cf+pf+af+sf
#out64 rax=0x2 flags=cf+af
#out64 flags=cf+af
#out64 -
#out64 rax=0x7e flags=pf
#out64 rax=0x0 flags=pf+zf
#out64 rax=0xff flags=cf+pf+af+sf
#out64 rax=0x80 flags=cf+sf+of
#out64 flags=cf+af
#out64 flags=sf
#out64 rax=0x7f flags=af+of
#out64 rax=0x1 flags=af+of
#out64 rax=0x0 flags=pf+af+zf+of
#out64 rax=0x81 flags=cf+pf+af+sf
#out64 flags=cf+af+sf
#out64 flags=pf+sf
#out64 rax=0xfe flags=sf
#out64 rax=0x80 flags=sf
#out64 rax=0x7f flags=af+of
#out64 rax=0x0 flags=pf+zf
#out64 flags=cf+pf+af+sf
#case adc_16_with_carry 32 64
#in eax=0|0x7fff|0x8000|0xffff edx=0|0x7fff|0xffff flags=none|cf
        adc     ax, dx
#code32 6611d0
#out32 flags=pf+zf
#out32 eax=0x1 flags=none
#out32 eax=0x7fff flags=pf
#out32 eax=0x8000 flags=pf+af+sf+of
#out32 eax=0xffff flags=pf+sf
#out32 flags=cf+pf+af+zf
#out32 flags=pf
#out32 eax=0x8000 flags=pf+af+sf+of
#out32 eax=0xfffe flags=af+sf+of
#out32 eax=0xffff flags=pf+af+sf+of
#out32 eax=0x7ffe flags=cf+af
#out32 flags=cf+pf+af
#out32 flags=pf+sf
#out32 eax=0x8001 flags=sf
#out32 eax=0xffff flags=pf+sf
#out32 eax=0x0 flags=cf+pf+af+zf
#out32 eax=0x7fff flags=cf+pf+of
#out32 flags=cf+pf+af+sf
#out32 flags=pf+sf
#out32 eax=0x0 flags=cf+pf+af+zf
#out32 eax=0x7ffe flags=cf+af
#out32 eax=0x7fff flags=cf+pf+af
#out32 eax=0xfffe flags=cf+af+sf
#out32 flags=cf+pf+af+sf
#code64 6611d0
#out64 flags=pf+zf
#out64 rax=0x1 flags=none
#out64 rax=0x7fff flags=pf
#out64 rax=0x8000 flags=pf+af+sf+of
#out64 rax=0xffff flags=pf+sf
#out64 flags=cf+pf+af+zf
#out64 flags=pf
#out64 rax=0x8000 flags=pf+af+sf+of
#out64 rax=0xfffe flags=af+sf+of
#out64 rax=0xffff flags=pf+af+sf+of
#out64 rax=0x7ffe flags=cf+af
#out64 flags=cf+pf+af
#out64 flags=pf+sf
#out64 rax=0x8001 flags=sf
#out64 rax=0xffff flags=pf+sf
#out64 rax=0x0 flags=cf+pf+af+zf
#out64 rax=0x7fff flags=cf+pf+of
#out64 flags=cf+pf+af+sf
#out64 flags=pf+sf
#out64 rax=0x0 flags=cf+pf+af+zf
#out64 rax=0x7ffe flags=cf+af
#out64 rax=0x7fff flags=cf+pf+af
#out64 rax=0xfffe flags=cf+af+sf
#out64 flags=cf+pf+af+sf
#case adc_32_with_carry 32 64
#in eax=0|0x7fffffff|0x80000000|0xffffffff edx=0|0x7fffffff|0xffffffff flags=none|cf
        adc     eax, edx
#code32 11d0
#out32 flags=pf+zf
#out32 eax=0x1 flags=none
#out32 eax=0x7fffffff flags=pf
#out32 eax=0x80000000 flags=pf+af+sf+of
#out32 eax=0xffffffff flags=pf+sf
#out32 flags=cf+pf+af+zf
#out32 flags=pf
#out32 eax=0x80000000 flags=pf+af+sf+of
#out32 eax=0xfffffffe flags=af+sf+of
#out32 eax=0xffffffff flags=pf+af+sf+of
#out32 eax=0x7ffffffe flags=cf+af
#out32 flags=cf+pf+af
#out32 flags=pf+sf
#out32 eax=0x80000001 flags=sf
#out32 eax=0xffffffff flags=pf+sf
#out32 eax=0x0 flags=cf+pf+af+zf
#out32 eax=0x7fffffff flags=cf+pf+of
#out32 flags=cf+pf+af+sf
#out32 flags=pf+sf
#out32 eax=0x0 flags=cf+pf+af+zf
#out32 eax=0x7ffffffe flags=cf+af
#out32 eax=0x7fffffff flags=cf+pf+af
#out32 eax=0xfffffffe flags=cf+af+sf
#out32 flags=cf+pf+af+sf
#code64 11d0
#out64 flags=pf+zf
#out64 rax=0x1 flags=none
#out64 rax=0x7fffffff flags=pf
#out64 rax=0x80000000 flags=pf+af+sf+of
#out64 rax=0xffffffff flags=pf+sf
#out64 flags=cf+pf+af+zf
#out64 flags=pf
#out64 rax=0x80000000 flags=pf+af+sf+of
#out64 rax=0xfffffffe flags=af+sf+of
#out64 rax=0xffffffff flags=pf+af+sf+of
#out64 rax=0x7ffffffe flags=cf+af
#out64 flags=cf+pf+af
#out64 flags=pf+sf
#out64 rax=0x80000001 flags=sf
#out64 rax=0xffffffff flags=pf+sf
#out64 rax=0x0 flags=cf+pf+af+zf
#out64 rax=0x7fffffff flags=cf+pf+of
#out64 flags=cf+pf+af+sf
#out64 flags=pf+sf
#out64 rax=0x0 flags=cf+pf+af+zf
#out64 rax=0x7ffffffe flags=cf+af
#out64 rax=0x7fffffff flags=cf+pf+af
#out64 rax=0xfffffffe flags=cf+af+sf
#out64 flags=cf+pf+af+sf
#case sub_32_zero_extends 64
#in rax=0xffffffff00000000 rdx=1
        sub     eax, edx
#code64 29d0
#out64 rax=0xffffffff flags=cf+pf+af+sf
#case add_64 64
#in rax=0|0x7fffffffffffffff|-1|0x8000000000000000 rdx=1|-1|0x8000000000000000
        add     rax, rdx
#code64 4801d0
#out64 rax=0x1
#out64 rax=0xffffffffffffffff flags=pf+sf
#out64 rax=0x8000000000000000 flags=pf+sf
#out64 rax=0x8000000000000000 flags=pf+af+sf+of
#out64 rax=0x7ffffffffffffffe flags=cf+af
#out64 rax=0xffffffffffffffff flags=pf+sf
#out64 rax=0x0 flags=cf+pf+af+zf
#out64 rax=0xfffffffffffffffe flags=cf+af+sf
#out64 rax=0x7fffffffffffffff flags=cf+pf+of
#out64 rax=0x8000000000000001 flags=sf
#out64 rax=0x7fffffffffffffff flags=cf+pf+of
#out64 rax=0x0 flags=cf+pf+zf+of
#case sbb_64_with_carry 64
#in rax=0|0x8000000000000000 rdx=0|0x7fffffffffffffff|-1 flags=none|cf
        sbb     rax, rdx
#code64 4819d0
#out64 flags=pf+zf
#out64 rax=0xffffffffffffffff flags=cf+pf+af+sf
#out64 rax=0x8000000000000001 flags=cf+af+sf
#out64 rax=0x8000000000000000 flags=cf+pf+af+sf
#out64 rax=0x1 flags=cf+af
#out64 flags=cf+pf+af+zf
#out64 flags=pf+sf
#out64 rax=0x7fffffffffffffff flags=pf+af+of
#out64 rax=0x1 flags=af+of
#out64 rax=0x0 flags=pf+af+zf+of
#out64 rax=0x8000000000000001 flags=cf+af+sf
#out64 flags=cf+pf+af+sf
#case narrow_results_keep_the_rest 64
#in rax=0x1122334455667788 rdx=0xffffffffffffffff
        add     al, dl
        add     ah, dh
        sub     ax, dx
#code64 00d000f46629d0
#out64 rax=0x1122334455667688 flags=cf+pf+af
#case inc_dec_keep_carry 32 64
#in eax=0|0x7fffffff|0x80000000|0xffffffff flags=none|cf
        inc     eax
        setc    dl
        dec     ax
        dec     ah
#code32 400f92c26648fecc
#out32 eax=0xff00 flags=pf+af+sf
#out32 eax=0xff00 edx=0x1 flags=cf+pf+af+sf
#out32 eax=0x8000feff flags=sf
#out32 eax=0x8000feff edx=0x1 flags=cf+sf
#out32 eax=0x8000ff00 flags=pf+af+sf
#out32 eax=0x8000ff00 edx=0x1 flags=cf+pf+af+sf
#out32 eax=0xfeff flags=sf
#out32 eax=0xfeff edx=0x1 flags=cf+sf
#code64 ffc00f92c266ffc8fecc
#out64 rax=0xff00 flags=pf+af+sf
#out64 rax=0xff00 rdx=0x1 flags=cf+pf+af+sf
#out64 rax=0x8000feff flags=sf
#out64 rax=0x8000feff rdx=0x1 flags=cf+sf
#out64 rax=0x8000ff00 flags=pf+af+sf
#out64 rax=0x8000ff00 rdx=0x1 flags=cf+pf+af+sf
#out64 rax=0xfeff flags=sf
#out64 rax=0xfeff rdx=0x1 flags=cf+sf
#case inc_dec_8 32 64
#in eax=0x7f|0x80|0xff|0 flags=none|cf
        inc     al
        pushf
        dec     al
        dec     al
#code32 fec09cfec8fec8
#out32 eax=0x7e esp=0x30007fc flags=pf [stack+0x7fc]=920a
#out32 eax=0x7e esp=0x30007fc flags=cf+pf [stack+0x7fc]=930a
#out32 eax=0x7f esp=0x30007fc flags=af+of [stack+0x7fc]=8602
#out32 eax=0x7f esp=0x30007fc flags=cf+af+of [stack+0x7fc]=8702
#out32 eax=0xfe esp=0x30007fc flags=sf [stack+0x7fc]=5602
#out32 eax=0xfe esp=0x30007fc flags=cf+sf [stack+0x7fc]=5702
#out32 eax=0xff esp=0x30007fc flags=pf+af+sf [stack+0x7fc]=0202
#out32 eax=0xff esp=0x30007fc flags=cf+pf+af+sf [stack+0x7fc]=0302
#code64 fec09cfec8fec8
#out64 rax=0x7e rsp=0x30007f8 flags=pf [stack+0x7f8]=920a
#out64 rax=0x7e rsp=0x30007f8 flags=cf+pf [stack+0x7f8]=930a
#out64 rax=0x7f rsp=0x30007f8 flags=af+of [stack+0x7f8]=8602
#out64 rax=0x7f rsp=0x30007f8 flags=cf+af+of [stack+0x7f8]=8702
#out64 rax=0xfe rsp=0x30007f8 flags=sf [stack+0x7f8]=5602
#out64 rax=0xfe rsp=0x30007f8 flags=cf+sf [stack+0x7f8]=5702
#out64 rax=0xff rsp=0x30007f8 flags=pf+af+sf [stack+0x7f8]=0202
#out64 rax=0xff rsp=0x30007f8 flags=cf+pf+af+sf [stack+0x7f8]=0302
#case neg_not 32 64
#in eax=0|1|0x80|0x8000|0x80000000 flags=none|cf
        not     edx
        neg     al
        setc    cl
        neg     eax
#code32 f7d2f6d80f92c1f7d8
#out32 edx=0xffffffff flags=pf+zf
#out32 edx=0xffffffff flags=pf+zf
#out32 eax=0xffffff01 ecx=0x1 edx=0xffffffff flags=cf+af+sf
#out32 eax=0xffffff01 ecx=0x1 edx=0xffffffff flags=cf+af+sf
#out32 eax=0xffffff80 ecx=0x1 edx=0xffffffff flags=cf+sf
#out32 eax=0xffffff80 ecx=0x1 edx=0xffffffff flags=cf+sf
#out32 eax=0xffff8000 edx=0xffffffff flags=cf+pf+sf
#out32 eax=0xffff8000 edx=0xffffffff flags=cf+pf+sf
#out32 edx=0xffffffff flags=cf+pf+sf+of
#out32 edx=0xffffffff flags=cf+pf+sf+of
#code64 f7d2f6d80f92c1f7d8
#out64 rdx=0xffffffff flags=pf+zf
#out64 rdx=0xffffffff flags=pf+zf
#out64 rax=0xffffff01 rcx=0x1 rdx=0xffffffff flags=cf+af+sf
#out64 rax=0xffffff01 rcx=0x1 rdx=0xffffffff flags=cf+af+sf
#out64 rax=0xffffff80 rcx=0x1 rdx=0xffffffff flags=cf+sf
#out64 rax=0xffffff80 rcx=0x1 rdx=0xffffffff flags=cf+sf
#out64 rax=0xffff8000 rdx=0xffffffff flags=cf+pf+sf
#out64 rax=0xffff8000 rdx=0xffffffff flags=cf+pf+sf
#out64 rdx=0xffffffff flags=cf+pf+sf+of
#out64 rdx=0xffffffff flags=cf+pf+sf+of
#case logic_clears_carry_and_overflow 32 64
#in eax=0|0x80000000|0xff edx=-1|0 flags=cf+of+af
        and     eax, edx
        setc    cl
#code32 21d00f92c1
#out32 flags=pf+zf undef=af
#out32 flags=pf+zf undef=af
#out32 flags=pf+sf undef=af
#out32 eax=0x0 flags=pf+zf undef=af
#out32 flags=pf undef=af
#out32 eax=0x0 flags=pf+zf undef=af
#code64 21d00f92c1
#out64 flags=pf+zf undef=af
#out64 flags=pf+zf undef=af
#out64 flags=pf+sf undef=af
#out64 rax=0x0 flags=pf+zf undef=af
#out64 flags=pf undef=af
#out64 rax=0x0 flags=pf+zf undef=af
#case or_xor_8 32 64
#in eax=0x80|0 flags=cf+of+zf
        or      al, 0
        setz    cl
        xor     ah, 0x81
#code32 0c000f94c180f481
#out32 eax=0x8180 flags=pf+sf undef=af
#out32 eax=0x8100 ecx=0x1 flags=pf+sf undef=af
#code64 0c000f94c180f481
#out64 rax=0x8180 flags=pf+sf undef=af
#out64 rax=0x8100 rcx=0x1 flags=pf+sf undef=af
#case test_high_byte 32 64
#in eax=0x8000|0x0080
        test    ah, 0x80
#code32 f6c480
#out32 flags=sf undef=af
#out32 flags=pf+zf undef=af
#code64 f6c480
#out64 flags=sf undef=af
#out64 flags=pf+zf undef=af
#case cmp_conditions_all 32 64
#in eax=0|1|0x7fffffff|0x80000000|0xffffffff edx=0|1|0x80000000
        cmp     eax, edx
        seto    bl
        setb    bh
        setz    cl
        setbe   ch
        sets    byte ptr [data]
        setp    byte ptr [data+1]
        setl    byte ptr [data+2]
        setle   byte ptr [data+3]
#code32 39d00f90c30f92c70f94c10f96c50f9805000000020f9a05010000020f9c05020000020f9e0503000002
#out32 ecx=0x101 flags=pf+zf [data+0x1]=010001
#out32 ecx=0x100 ebx=0x100 flags=cf+pf+af+sf [data]=01010101
#out32 ecx=0x100 ebx=0x101 flags=cf+pf+sf+of [data]=0101
#out32 -
#out32 ecx=0x101 flags=pf+zf [data+0x1]=010001
#out32 ecx=0x100 ebx=0x101 flags=cf+sf+of [data]=01
#out32 flags=pf [data+0x1]=01
#out32 -
#out32 ecx=0x100 ebx=0x101 flags=cf+pf+sf+of [data]=0101
#out32 flags=pf+sf [data]=01010101
#out32 ebx=0x1 flags=pf+af+of [data+0x1]=010101
#out32 ecx=0x101 flags=pf+zf [data+0x1]=010001
#out32 flags=pf+sf [data]=01010101
#out32 flags=sf [data]=01000101
#out32 flags=pf [data+0x1]=01
#code64 39d00f90c30f92c70f94c10f96c50f980425000000020f9a0425010000020f9c0425020000020f9e042503000002
#out64 rcx=0x101 flags=pf+zf [data+0x1]=010001
#out64 rcx=0x100 rbx=0x100 flags=cf+pf+af+sf [data]=01010101
#out64 rcx=0x100 rbx=0x101 flags=cf+pf+sf+of [data]=0101
#out64 -
#out64 rcx=0x101 flags=pf+zf [data+0x1]=010001
#out64 rcx=0x100 rbx=0x101 flags=cf+sf+of [data]=01
#out64 flags=pf [data+0x1]=01
#out64 -
#out64 rcx=0x100 rbx=0x101 flags=cf+pf+sf+of [data]=0101
#out64 flags=pf+sf [data]=01010101
#out64 rbx=0x1 flags=pf+af+of [data+0x1]=010101
#out64 rcx=0x101 flags=pf+zf [data+0x1]=010001
#out64 flags=pf+sf [data]=01010101
#out64 flags=sf [data]=01000101
#out64 flags=pf [data+0x1]=01
#case flags_live_across_call 32 64
#in eax=1|2 edx=2|1
        cmp     eax, edx
        call    1f
        seta    bl
        jmp     2f
1:      seta    cl
        ret
2:
#code32 39d0e8050000000f97c3eb040f97c1c3
#out32 flags=cf+pf+af+sf [stack+0x7fc]=07000001
#out32 flags=pf+zf [stack+0x7fc]=07000001
#out32 flags=pf+zf [stack+0x7fc]=07000001
#out32 ecx=0x1 ebx=0x1 [stack+0x7fc]=07000001
#code64 39d0e8050000000f97c3eb040f97c1c3
#out64 flags=cf+pf+af+sf [stack+0x7f8]=07000001
#out64 flags=pf+zf [stack+0x7f8]=07000001
#out64 flags=pf+zf [stack+0x7f8]=07000001
#out64 rcx=0x1 rbx=0x1 [stack+0x7f8]=07000001
#case cmov_reads_memory_even_if_false 32 64
#in edi=0 flags=none|zf
        cmovz   eax, dword ptr [edi]
#code32 0f4407
#out32 stop=sigsegv.0x1@0x0 rip=code
#out32 stop=sigsegv.0x1@0x0 rip=code
#code64 670f4407
#out64 stop=sigsegv.0x1@0x0 rip=code
#out64 stop=sigsegv.0x1@0x0 rip=code
#case cmov_32_clears_upper_half_even_if_false 64
#in rax=-1 rdx=0x1122334455667788 flags=none|zf
        cmovz   eax, edx
#code64 0f44c2
#out64 rax=0xffffffff
#out64 rax=0x55667788
#case xadd_all_widths 32 64
#in eax=0xff01 edx=0x01ff ecx=0x7fffffff [data]=ffffffffffffffff
        xadd    al, ah
        pushf
        xadd    dx, ax
        lock xadd dword ptr [data], ecx
#code32 0fc0e09c660fc1c2f00fc10d00000002
#out32 eax=0x1ff ecx=0xffffffff edx=0x2ff esp=0x30007fc flags=cf+af [data]=feffff7f [stack+0x7fc]=5702
#code64 0fc0e09c660fc1c2f00fc10c2500000002
#out64 rax=0x1ff rcx=0xffffffff rdx=0x2ff rsp=0x30007f8 flags=cf+af [data]=feffff7f [stack+0x7f8]=5702
#case cmpxchg_success_and_failure 32 64
#in eax=0x11223344|0x11223345 edx=0xaabbccdd [data]=44332211
        cmpxchg dword ptr [data], edx
        cmpxchg dl, dh
#code32 0fb115000000020fb0f2
#out32 eax=0x112233dd flags=cf+af [data]=ddccbbaa
#out32 eax=0x112233dd flags=cf+af
#code64 0fb11425000000020fb0f2
#out64 rax=0x112233dd flags=cf+af [data]=ddccbbaa
#out64 rax=0x112233dd flags=cf+af
#case cmpxchg_32_upper_halves 64
#in rax=0xffffffff00000001 rcx=0xeeeeeeee00000001|0xeeeeeeee00000002 rdx=0xdddddddd00000003
        cmpxchg ecx, edx
#code64 0fb1d1
#out64 rcx=0x3 flags=pf+zf
#out64 rax=0x2 flags=cf+pf+af+sf
#case cmpxchg_read_only_faults_on_failure_too 32 64
#in eax=0 edx=1 edi=ro
        lock cmpxchg dword ptr [edi], edx
#code32 f00fb117
#out32 stop=sigsegv.0x2@ro rip=code
#code64 67f00fb117
#out64 stop=sigsegv.0x2@ro rip=code
#case cmpxchg8b 32 64
#in eax=1|2 edx=3 ebx=5 ecx=6 [data+4]=0100000003000000 flags=cf+of
        lock cmpxchg8b [data+4]
#code32 f00fc70d04000002
#out32 flags=cf+zf+of [data+0x4]=0500000006
#out32 eax=0x1
#code64 f00fc70c2504000002
#out64 flags=cf+zf+of [data+0x4]=0500000006
#out64 rax=0x1
#case cmpxchg8b_over_page 32 64
#in eax=1 edx=3 ebx=5 ecx=6 edi=data+0xffc [data+0xffc]=0100000003000000
        lock cmpxchg8b [edi]
#code32 f00fc70f
#out32 flags=zf [data+0xffc]=0500000006
#code64 67f00fc70f
#out64 flags=zf [data+0xffc]=0500000006
#case cmpxchg16b 64
#in rax=1|2 rdx=3 rbx=5 rcx=6 [data]=01000000000000000300000000000000
        lock cmpxchg16b [data]
#code64 f0480fc70c2500000002
#out64 flags=zf [data]=05 [data+0x8]=06
#out64 rax=0x1
#case cmpxchg16b_misaligned 64
#in rdi=data+8
        lock cmpxchg16b [rdi]
#code64 f0480fc70f
#out64 stop=sigsegv.0x80@0x0 rip=code
#case lock_narrow 32 64
#in eax=0x80ff edx=0x7f01 [data]=ff7f8001ff00ff00
        lock or  byte ptr [data], al
        lock xor word ptr [data+2], dx
        lock sub byte ptr [data+4], ah
        lock not word ptr [data+5]
        lock neg byte ptr [data+1]
#code32 f008050000000266f0311502000002f028250400000266f0f71505000002f0f61d01000002
#out32 flags=cf+pf+af+sf [data+0x1]=81817e7fff00
#code64 f00804250000000266f031142502000002f02824250400000266f0f7142505000002f0f61c2501000002
#out64 flags=cf+pf+af+sf [data+0x1]=81817e7fff00
#case lock_inc_keeps_carry 32 64
#in flags=none|cf [data]=ffffffff
        lock inc dword ptr [data]
        lock dec word ptr [data+2]
#code32 f0ff050000000266f0ff0d02000002
#out32 flags=pf+af+sf [data]=0000
#out32 flags=cf+pf+af+sf [data]=0000
#code64 f0ff04250000000266f0ff0c2502000002
#out64 flags=pf+af+sf [data]=0000
#out64 flags=cf+pf+af+sf [data]=0000
#case lock_misaligned_over_page 32 64
#in edi=data+0xffd eax=0x01020304 [data+0xffd]=fffffffe
        lock add dword ptr [edi], eax
        xchg     dword ptr [edi], eax
#code32 f001078707
#out32 eax=0x20303 flags=cf+pf+af [data+0xffd]=04030201
#code64 67f00107678707
#out64 rax=0x20303 flags=cf+pf+af [data+0xffd]=04030201
#case lock_register_is_undefined 32 64
        .byte   0xf0, 0x01, 0xc0
#code32 f001c0
#out32 stop=sigill.0x2@code rip=code
#code64 f001c0
#out64 stop=sigill.0x2@code rip=code
#case bswap 32 64
#in eax=0x11223344
        bswap   eax
#code32 0fc8
#out32 eax=0x44332211
#code64 0fc8
#out64 rax=0x44332211
#case bswap_64 64
#in rax=0x1122334455667788 rcx=0x1122334455667788
        bswap   rax
        bswap   ecx
#code64 480fc80fc9
#out64 rax=0x8877665544332211 rcx=0x88776655
#case xchg_nop_keeps_upper_half 64
#in rax=0xffffffff00000001 r8=0xeeeeeeee00000002
        nop
        .byte   0x41, 0x90
#code64 904190
#out64 rax=0x2 r8=0x1
#case xlat 32 64
#in eax=0xff05 ebx=data [data]=0001020304aabb
        xlat
#code32 d7
#out32 eax=0xffaa
#code64 d7
#out64 rax=0xffaa
#case movsx_movzx 32 64
#in eax=0x8081 edi=-1 edx=-1
        movsx   ecx, al
        movzx   edi, ah
        movsx   dx, al
        movsx   ebx, ax
#code32 0fbec80fb6fc660fbed00fbfd8
#out32 ecx=0xffffff81 edx=0xffffff81 ebx=0xffff8081 edi=0x80
#code64 0fbec80fb6fc660fbed00fbfd8
#out64 rcx=0xffffff81 rdx=0xffffff81 rbx=0xffff8081 rdi=0x80
#case movsxd 64
#in rax=0x1122334480000000 rdx=-1
        movsxd  rcx, eax
        movzx   edx, ax
        cdqe
#code64 4863c80fb7d04898
#out64 rax=0xffffffff80000000 rcx=0xffffffff80000000 rdx=0x0
#case convert_in_accumulator 32 64
#in eax=0x80|0x7f|0x8000|0x7fff|0x80000000 edx=-1
        cwd
        mov     ebx, edx
        cdq
        cwde
        cbw
#code32 669989d399986698
#out32 eax=0xff80 edx=0x0 ebx=0xffff0000
#out32 edx=0x0 ebx=0xffff0000
#out32 eax=0xffff0000 edx=0x0 ebx=0xffffffff
#out32 eax=0xffff edx=0x0 ebx=0xffff0000
#out32 eax=0x0 ebx=0xffff0000
#code64 669989d399986698
#out64 rax=0xff80 rdx=0x0 rbx=0xffff0000
#out64 rdx=0x0 rbx=0xffff0000
#out64 rax=0xffff0000 rdx=0x0 rbx=0xffffffff
#out64 rax=0xffff rdx=0x0 rbx=0xffff0000
#out64 rax=0x0 rbx=0xffff0000
