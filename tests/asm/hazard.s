# Mistakes that other translators made, as far as no family file has them.

#case scas_cmps_count_zero_keeps_flags 32 64
#in ecx=0 flags=cf+zf+of|none|sf+pf eax=5 edi=data esi=data+4
        repne scasb
        repe cmpsb
#code32 f2aef3a6
#out32 -
#out32 -
#out32 -
#code64 f2aef3a6
#out64 -
#out64 -
#out64 -
#case rep_count_zero_touches_nothing 32 64
#in ecx=0 edi=0x10 esi=0x20
        rep movsb
        rep stosd
        rep lodsb
        repe scasb
#code32 f3a4f3abf3acf3ae
#out32 -
#code64 f3a4f3abf3acf3ae
#out64 -
#case shift_by_dynamic_zero_keeps_flags_of_compare 32 64
#in ecx=0|32|64 eax=7 ebx=7
        cmp     eax, ebx
        shl     edx, cl
        rol     dl, cl
        shrd    esi, edi, cl
        setz    al
        setbe   bl
#code32 39d8d3e2d2c20fadfe0f94c00f96c3
#out32 eax=0x1 ebx=0x1 flags=pf+zf undef=af+of
#out32 eax=0x1 ebx=0x1 flags=pf+zf undef=af+of
#out32 eax=0x1 ebx=0x1 flags=pf+zf undef=af+of
#code64 39d8d3e2d2c20fadfe0f94c00f96c3
#out64 rax=0x1 rbx=0x1 flags=pf+zf undef=af+of
#out64 rax=0x1 rbx=0x1 flags=pf+zf undef=af+of
#out64 rax=0x1 rbx=0x1 flags=pf+zf undef=af+of
#case rcl_rcr_narrow_all_counts 32 64
#in ecx=8|9|10|16|17|18|27|31 eax=0x8181 flags=cf|none
        mov     ebx, eax
        mov     edx, eax
        mov     esi, eax
        rcl     al, cl
        adc     edi, edi
        rcr     bx, cl
        adc     edi, edi
        rcr     dl, cl
        adc     edi, edi
        rcl     si, cl
        adc     edi, edi
        test    edi, edi
#code32 89c389c289c6d2d011ff66d3db11ffd2da11ff66d3d611ff85ff
#out32 eax=0x81c0 edx=0x8102 ebx=0x281 esi=0x8140 edi=0xf flags=pf undef=af
#out32 eax=0x8140 edx=0x8102 ebx=0x281 esi=0x8140 edi=0xf flags=pf undef=af
#out32 edx=0x8181 ebx=0x8140 esi=0x281 edi=0xd flags=none undef=af
#out32 edx=0x8181 ebx=0x8140 esi=0x281 edi=0x5 flags=pf undef=af
#out32 eax=0x8103 edx=0x8140 ebx=0xc0a0 esi=0x503 edi=0xa flags=pf undef=af
#out32 eax=0x8102 edx=0x8140 ebx=0xc0a0 esi=0x503 edi=0xa flags=pf undef=af
#out32 eax=0x81e0 edx=0x8105 ebx=0x302 esi=0x40c0 edi=0x5 flags=pf undef=af
#out32 eax=0x81a0 edx=0x8105 ebx=0x302 esi=0x40c0 edi=0x5 flags=pf undef=af
#out32 eax=0x81c0 edx=0x8102 ebx=0x8181 esi=0x8181 edi=0xa flags=pf undef=af
#out32 eax=0x8140 edx=0x8102 ebx=0x8181 esi=0x8181 edi=0xa flags=pf undef=af
#out32 edx=0x8181 ebx=0x40c0 esi=0x302 edi=0xd flags=none undef=af
#out32 edx=0x8181 ebx=0x40c0 esi=0x302 edi=0x5 flags=pf undef=af
#out32 edx=0x8181 ebx=0xc0a0 esi=0x503 edi=0x8 flags=none undef=af
#out32 edx=0x8181 ebx=0xc0a0 esi=0x503 flags=pf+zf undef=af
#out32 eax=0x811c edx=0x8128 ebx=0xc0a esi=0x5030 flags=pf+zf undef=af
#out32 eax=0x8114 edx=0x8128 ebx=0xc0a esi=0x5030 flags=pf+zf undef=af
#code64 89c389c289c6d2d011ff66d3db11ffd2da11ff66d3d611ff85ff
#out64 rax=0x81c0 rdx=0x8102 rbx=0x281 rsi=0x8140 rdi=0xf flags=pf undef=af
#out64 rax=0x8140 rdx=0x8102 rbx=0x281 rsi=0x8140 rdi=0xf flags=pf undef=af
#out64 rdx=0x8181 rbx=0x8140 rsi=0x281 rdi=0xd flags=none undef=af
#out64 rdx=0x8181 rbx=0x8140 rsi=0x281 rdi=0x5 flags=pf undef=af
#out64 rax=0x8103 rdx=0x8140 rbx=0xc0a0 rsi=0x503 rdi=0xa flags=pf undef=af
#out64 rax=0x8102 rdx=0x8140 rbx=0xc0a0 rsi=0x503 rdi=0xa flags=pf undef=af
#out64 rax=0x81e0 rdx=0x8105 rbx=0x302 rsi=0x40c0 rdi=0x5 flags=pf undef=af
#out64 rax=0x81a0 rdx=0x8105 rbx=0x302 rsi=0x40c0 rdi=0x5 flags=pf undef=af
#out64 rax=0x81c0 rdx=0x8102 rbx=0x8181 rsi=0x8181 rdi=0xa flags=pf undef=af
#out64 rax=0x8140 rdx=0x8102 rbx=0x8181 rsi=0x8181 rdi=0xa flags=pf undef=af
#out64 rdx=0x8181 rbx=0x40c0 rsi=0x302 rdi=0xd flags=none undef=af
#out64 rdx=0x8181 rbx=0x40c0 rsi=0x302 rdi=0x5 flags=pf undef=af
#out64 rdx=0x8181 rbx=0xc0a0 rsi=0x503 rdi=0x8 flags=none undef=af
#out64 rdx=0x8181 rbx=0xc0a0 rsi=0x503 flags=pf+zf undef=af
#out64 rax=0x811c rdx=0x8128 rbx=0xc0a rsi=0x5030 flags=pf+zf undef=af
#out64 rax=0x8114 rdx=0x8128 rbx=0xc0a rsi=0x5030 flags=pf+zf undef=af
#case adc_after_narrow_results 32 64
#in eax=0xff|0x7f|0xffff flags=cf
        adc     al, 0
        adc     ah, 0
        sbb     ax, 0x100
        sbb     bl, al
        adc     cx, ax
        setc    dl
        seto    dh
#code32 140080d400661d000118c36611c10f92c20f90c6
#out32 eax=0x0 flags=pf+zf
#out32 eax=0xff80 ecx=0xff81 ebx=0x7f flags=pf+sf
#out32 eax=0xfeff ecx=0xff00 flags=pf+af+sf
#code64 140080d400661d000118c36611c10f92c20f90c6
#out64 rax=0x0 flags=pf+zf
#out64 rax=0xff80 rcx=0xff81 rbx=0x7f flags=pf+sf
#out64 rax=0xfeff rcx=0xff00 flags=pf+af+sf
#case flags_live_across_ret 32 64
#in eax=1|2 ebx=2
        call    1f
        seta    cl
        setl    ch
        jmp     2f
1:      cmp     eax, ebx
        ret
2:      nop
#code32 e8080000000f97c10f9cc5eb0339d8c390
#out32 ecx=0x100 flags=cf+pf+af+sf [stack+0x7fc]=05000001
#out32 flags=pf+zf [stack+0x7fc]=05000001
#code64 e8080000000f97c10f9cc5eb0339d8c390
#out64 rcx=0x100 flags=cf+pf+af+sf [stack+0x7f8]=05000001
#out64 flags=pf+zf [stack+0x7f8]=05000001
#case lock_operations_narrow_results 32 64
#in [data]=80ff7f0180ff7f01 eax=0x81|0xff|0x01
        lock or  byte ptr [data], al
        setz    bl
        lock xor byte ptr [data+1], al
        lock sub byte ptr [data+2], al
        seto    bh
        lock not byte ptr [data+3]
        lock neg word ptr [data+4]
        lock adc word ptr [data+6], ax
        lock dec byte ptr [data+8]
#code32 f00805000000020f94c3f0300501000002f02805020000020f90c7f0f6150300000266f0f71d0400000266f0110506000002f0fe0d08000002
#out32 ebx=0x100 flags=pf+af+sf [data]=817efefe80000102ff
#out32 ebx=0x100 flags=pf+af+sf [data]=ff0080fe80007f02ff
#out32 flags=pf+af+sf [data]=81fe7efe80008101ff
#code64 f0080425000000020f94c3f030042501000002f0280425020000020f90c7f0f614250300000266f0f71c250400000266f011042506000002f0fe0c2508000002
#out64 rbx=0x100 flags=pf+af+sf [data]=817efefe80000102ff
#out64 rbx=0x100 flags=pf+af+sf [data]=ff0080fe80007f02ff
#out64 flags=pf+af+sf [data]=81fe7efe80008101ff
#case cmpxchg_misaligned_compares_all_bytes 32 64
#in eax=0x44332211|0x44332210|0x45332211 ecx=0x88776655 [data+0xffd]=11223344
        lock cmpxchg [data+0xffd], ecx
        setz    dl
#code32 f00fb10dfd0f00020f94c2
#out32 edx=0x1 flags=pf+zf [data+0xffd]=55667788
#out32 eax=0x44332211 flags=cf+pf+af+sf
#out32 eax=0x44332211 flags=pf
#code64 f00fb10c25fd0f00020f94c2
#out64 rdx=0x1 flags=pf+zf [data+0xffd]=55667788
#out64 rax=0x44332211 flags=cf+pf+af+sf
#out64 rax=0x44332211 flags=pf
#case cmpxchg8b_misaligned_compares_all_bytes 32 64
#in eax=0x44332211 edx=0x88776655|0x89776655 ebx=1 ecx=2 [data+0xff9]=1122334455667788
        lock cmpxchg8b [data+0xff9]
#code32 f00fc70df90f0002
#out32 flags=zf [data+0xff9]=0100000002000000
#out32 edx=0x88776655
#code64 f00fc70c25f90f0002
#out64 flags=zf [data+0xff9]=0100000002000000
#out64 rdx=0x88776655
#case lock_bts_outside_of_the_operand 32 64
#in eax=0|33|-1|-33|0x1000 [data+0x7fc]=00000080ffffffff
        lock bts dword ptr [data+0x800], eax
        setc    dl
        lock btr dword ptr [data+0x800], eax
        setc    dh
        lock btc dword ptr [data+0x800], eax
#code32 f00fab05000800020f92c2f00fb305000800020f92c6f00fbb0500080002
#out32 edx=0x101 undef=pf+af+sf+of
#out32 edx=0x100 [data+0x804]=02 undef=pf+af+sf+of
#out32 edx=0x101 undef=pf+af+sf+of
#out32 edx=0x100 [data+0x7fb]=80 undef=pf+af+sf+of
#out32 edx=0x100 [data+0xa00]=01 undef=pf+af+sf+of
#code64 f00fab0425000800020f92c2f00fb30425000800020f92c6f00fbb042500080002
#out64 rdx=0x101 undef=pf+af+sf+of
#out64 rdx=0x100 [data+0x804]=02 undef=pf+af+sf+of
#out64 rdx=0x101 undef=pf+af+sf+of
#out64 rdx=0x100 [data+0x7fb]=80 undef=pf+af+sf+of
#out64 rdx=0x100 [data+0xa00]=01 undef=pf+af+sf+of
#case xadd_same_register 32 64
#in eax=5
        xadd    eax, eax
        lock xadd dword ptr [data], eax
#code32 0fc1c0f00fc10500000002
#out32 eax=0x0 flags=pf [data]=0a
#code64 0fc1c0f00fc1042500000002
#out64 rax=0x0 flags=pf [data]=0a
#case code_changed_by_rep_movsb 32 64
#in [data]=b8020000009090 esi=data edi=code+0xb ecx=5
        mov     eax, 1
        nop
        nop
        nop
        nop
        rep movsb
        mov     eax, 1
        mov     ebx, eax
#code32 b80100000090909090f3a4b80100000089c3
#out32 eax=0x2 ecx=0x0 ebx=0x2 esi=0x2000005 edi=0x1000010 [code+0xc]=02
#code64 b80100000090909090f3a4b80100000089c3
#out64 rax=0x2 rcx=0x0 rbx=0x2 rsi=0x2000005 rdi=0x1000010 [code+0xc]=02
#case code_changed_by_rep_stosb 32 64
#in eax=0x90 edi=code+2 ecx=5
        rep stosb
        mov     ebx, 7
#code32 f3aabb07000000
#out32 ecx=0x0 edi=0x1000007 [code+0x2]=9090909090
#code64 f3aabb07000000
#out64 rcx=0x0 rdi=0x1000007 [code+0x2]=9090909090
#case code_changed_by_a_vector_store 32 64
#in xmm0=0x90909090909090909090909090909090 edi=code+3
        movups  [edi], xmm0
        mov     eax, 1
        mov     ebx, 1
        mov     ecx, 1
        nop
        nop
#code32 0f1107b801000000bb01000000b9010000009090
#out32 [code+0x3]=909090909090909090909090909090
#code64 670f1107b801000000bb01000000b9010000009090
#out64 [code+0x3]=90909090909090909090909090909090
#case code_changed_by_an_x87_store 32 64
#in st0=3fff:9090909090909090 edi=code+2
        fstp    qword ptr [edi]
        mov     eax, 1
        nop
        nop
        nop
#code32 dd1fb801000000909090
#out32 stop=sigsegv.0x1@0x0 rip=code+0x2 sw=0x820 used=0x0 [code+0x2]=121212121212f23f
#code64 67dd1fb801000000909090
#out64 stop=sigsegv.0x1@0x0 rip=code+0x3 sw=0x820 used=0x0 [code+0x2]=121212121212f23f
#case code_changed_by_a_push 32 64
#in esp=code+5 eax=0x90909090
        .byte   0x50
#code32 50
#out32 rip=code+0x6 esp=0x1000001 [code+0x1]=90909090
#code64 50
#out64 stop=sigsegv.0x1@0xfffffd rip=code
#case code_changed_by_xadd 32 64
#in eax=0x11111111 edi=code+5
        lock xadd [edi], eax
        mov     ebx, 0x01010101
#code32 f00fc107bb01010101
#out32 eax=0x1010101 ebx=0x12121212 flags=pf [code+0x5]=12121212
#code64 67f00fc107bb01010101
#out64 rip=code+0x6 rax=0x10101bb flags=pf [code+0x5]=cc121212
#case code_changed_in_a_called_function 32 64
#in edi=code+0x19 eax=0x90
        call    1f
        mov     [edi], al
        mov     [edi+1], al
        call    1f
        jmp     2f
        nop
        nop
        nop
        nop
1:      inc     ebx
        inc     ecx
        ret
2:      nop
#code32 e8100000008807884701e806000000eb07909090904341c390
#out32 rip=code+0x1c ecx=0x2 ebx=0x2 [code+0x19]=9090 [stack+0x7fc]=0f000001
#code64 e81200000067880767884701e806000000eb0990909090ffc3ffc1c390
#out64 rcx=0x1 rbx=0x2 [code+0x19]=9090 [stack+0x7f8]=11000001
#case code_changed_then_changed_back 32
#in edi=code+0x11
        mov     edx, 4
1:      xor     byte ptr [edi], 8
        nop
        nop
        nop
        nop
        nop
        nop
        nop
        nop
        mov     al, 1
        add     ebx, eax
        dec     edx
        jnz     1b
#code32 ba040000008037089090909090909090b00101c34a75ee
#out32 eax=0x1 ebx=0x14 flags=pf+zf
#case fnstsw_then_branch 32 64
#in st0=3fff:8000000000000000|bfff:8000000000000000|7fff:c000000000000000 eax=0x12345678
        fldz
        fcompp
        fnstsw  ax
        sahf
        seta    bl
        setp    bh
        fnstsw  ax
        test    ah, 0x45
        sete    cl
#code32 d9eeded9dfe09e0f97c30f9ac7dfe0f6c4450f94c1
#out32 eax=0x12340900 sw=0x900 used=0x0 undef=af
#out32 eax=0x12340800 ecx=0x1 ebx=0x1 flags=pf+zf sw=0x800 used=0x0 undef=af
#out32 eax=0x12344d01 ebx=0x100 sw=0x4d01 used=0x0 undef=af
#code64 d9eeded9dfe09e0f97c30f9ac7dfe0f6c4450f94c1
#out64 rax=0x12340900 sw=0x900 used=0x0 undef=af
#out64 rax=0x12340800 rcx=0x1 rbx=0x1 flags=pf+zf sw=0x800 used=0x0 undef=af
#out64 rax=0x12344d01 rbx=0x100 sw=0x4d01 used=0x0 undef=af
#case mmx_after_x87_after_mmx 32 64
#in st0=4000:8000000000000000 sw=0x1800
        fld     st(0)
        paddd   mm0, mm0
        fld1
        fnstsw  ax
        emms
        fld1
#code32 d9c00ffec0d9e8dfe00f77d9e8
#out32 eax=0x3a41 sw=0x3841 used=0x80 r0=ffff:0000000000000000 r2=ffff:c000000000000000 r7=3fff:8000000000000000
#code64 d9c00ffec0d9e8dfe00f77d9e8
#out64 rax=0x3a41 sw=0x3841 used=0x80 r0=ffff:0000000000000000 r2=ffff:c000000000000000 r7=3fff:8000000000000000
#case write_over_two_pages_faults_whole 32 64
#in edi=data+0x1ffd eax=0x11223344 xmm0=0x11111111111111111111111111111111 st0=3fff:8000000000000001
        movups  [edi-8], xmm0
#code32 0f1147f8
#out32 stop=sigsegv.0x1@data+0x2000 rip=code
#code64 670f1147f8
#out64 stop=sigsegv.0x1@data+0x2000 rip=code
#case fist_over_two_pages_faults_whole 32 64
#in edi=data+0x1ffd st0=4008:8000000000000001
        fistp   dword ptr [edi]
#code32 db1f
#out32 stop=sigsegv.0x1@data+0x2000 rip=code
#code64 67db1f
#out64 stop=sigsegv.0x1@data+0x2000 rip=code
#case fstp_m80_over_two_pages_faults_whole 32 64
#in edi=data+0x1ff8 st0=4008:8000000000000001
        fstp    tbyte ptr [edi]
#code32 db3f
#out32 stop=sigsegv.0x1@data+0x2000 rip=code
#code64 67db3f
#out64 stop=sigsegv.0x1@data+0x2000 rip=code
#case xchg_over_two_pages_faults_whole 32 64
#in edi=data+0x1ffe eax=0x11223344
        xchg    [edi], eax
#code32 8707
#out32 stop=sigsegv.0x1@data+0x2000 rip=code
#code64 678707
#out64 stop=sigsegv.0x1@data+0x2000 rip=code
#case pop_to_bad_memory_keeps_everything 32 64
#in edi=0x10 [stack+0x800]=1122334455667788
        pop     [edi]
#code32 8f07
#out32 stop=sigsegv.0x1@0x10 rip=code
#code64 678f07
#out64 stop=sigsegv.0x1@0x10 rip=code
#case call_through_bad_memory 32 64
#in edi=0x10
        .byte   0xff,0x17
#code32 ff17
#out32 stop=sigsegv.0x1@0x10 rip=code
#code64 ff17
#out64 stop=sigsegv.0x1@0x10 rip=code
#case idiv_min_by_minus_one_narrow 32 64
#in eax=0x8000|0x80|0xff80 ebx=0xff edx=0xffff8000
        idiv    bl
#code32 f6fb
#out32 stop=sigfpe.0x1@code rip=code
#out32 undef=cf+pf+af+zf+sf+of
#out32 stop=sigfpe.0x1@code rip=code
#code64 f6fb
#out64 stop=sigfpe.0x1@code rip=code
#out64 undef=cf+pf+af+zf+sf+of
#out64 stop=sigfpe.0x1@code rip=code
#case div_quotient_too_large_keeps_registers 32 64
#in eax=0|1 edx=5 ebx=5|0
        div     ebx
#code32 f7f3
#out32 stop=sigfpe.0x1@code rip=code
#out32 stop=sigfpe.0x1@code rip=code
#out32 stop=sigfpe.0x1@code rip=code
#out32 stop=sigfpe.0x1@code rip=code
#code64 f7f3
#out64 stop=sigfpe.0x1@code rip=code
#out64 stop=sigfpe.0x1@code rip=code
#out64 stop=sigfpe.0x1@code rip=code
#out64 stop=sigfpe.0x1@code rip=code
#case pshufb_bit_seven_only 32 64
#in xmm0=0x0f0e0d0c0b0a09080706050403020100 xmm1=0x80ff7f40201011120f0e0d0c818283f0
        pshufb  xmm0, xmm1
#code32 660f3800c1
#out32 xmm0=0xf00000001020f0e0d0c00000000
#code64 660f3800c1
#out64 xmm0=0xf00000001020f0e0d0c00000000
#case shift_counts_of_64_bits 32 64
#in xmm0=0x8000000180000001f000000f80000001 xmm1=0x10000000000000000|0x100000001|0x20|0x1f|0x8000000000000000
        movdqa  xmm2, xmm0
        movdqa  xmm3, xmm0
        movdqa  xmm4, xmm0
        pslld   xmm2, xmm1
        psrad   xmm3, xmm1
        psrlq   xmm4, xmm1
#code32 660f6fd0660f6fd8660f6fe0660ff2d1660fe2d9660fd3e1
#out32 xmm2=0x8000000180000001f000000f80000001 xmm3=0x8000000180000001f000000f80000001 xmm4=0x8000000180000001f000000f80000001
#out32 xmm3=0xffffffffffffffffffffffffffffffff
#out32 xmm3=0xffffffffffffffffffffffffffffffff xmm4=0x8000000100000000f000000f
#out32 xmm2=0x80000000800000008000000080000000 xmm3=0xffffffffffffffffffffffffffffffff xmm4=0x10000000300000001e000001f
#out32 xmm3=0xffffffffffffffffffffffffffffffff
#code64 660f6fd0660f6fd8660f6fe0660ff2d1660fe2d9660fd3e1
#out64 xmm2=0x8000000180000001f000000f80000001 xmm3=0x8000000180000001f000000f80000001 xmm4=0x8000000180000001f000000f80000001
#out64 xmm3=0xffffffffffffffffffffffffffffffff
#out64 xmm3=0xffffffffffffffffffffffffffffffff xmm4=0x8000000100000000f000000f
#out64 xmm2=0x80000000800000008000000080000000 xmm3=0xffffffffffffffffffffffffffffffff xmm4=0x10000000300000001e000001f
#out64 xmm3=0xffffffffffffffffffffffffffffffff
#case compare_not_less_is_true_for_nan 32 64
#in xmm0=0x7fc000003f800000400000003f800000 xmm1=0x3f8000007fc00000400000003f000000
        movaps  xmm2, xmm0
        movaps  xmm3, xmm0
        cmpps   xmm0, xmm1, 5
        cmpps   xmm2, xmm1, 6
        cmpps   xmm3, xmm1, 1
#code32 0f28d00f28d80fc2c1050fc2d1060fc2d901
#out32 xmm0=0xffffffffffffffffffffffffffffffff xmm2=0xffffffffffffffff00000000ffffffff mxcsr=0x1f81
#code64 0f28d00f28d80fc2c1050fc2d1060fc2d901
#out64 xmm0=0xffffffffffffffffffffffffffffffff xmm2=0xffffffffffffffff00000000ffffffff mxcsr=0x1f81
#case pmaddubsw_saturates 32 64
#in xmm0=0xffffffffffffffff8080ff0102030405 xmm1=0x7f7f80807f80ff7f7f7f808001ff80ff
        pmaddubsw xmm0, xmm1
#code32 660f3804c1
#out32 xmm0=0x7fff8000ff017d827f008000fffffdfb
#code64 660f3804c1
#out64 xmm0=0x7fff8000ff017d827f008000fffffdfb
#case pmaddwd_of_most_negative 32 64
#in xmm0=0x80008000800080007fff80000001ffff xmm1=0x80008000800080007fff80008000ffff
        pmaddwd xmm0, xmm1
#code32 660ff5c1
#out32 xmm0=0x80000000800000007fff0001ffff8001
#code64 660ff5c1
#out64 xmm0=0x80000000800000007fff0001ffff8001
#case packs_saturate 32 64
#in xmm0=0x7fff8000008000ff0100ff7fff800001 xmm1=0x800000007fffffff000080000000ffff
        movdqa  xmm2, xmm0
        movdqa  xmm3, xmm0
        movdqa  xmm4, xmm1
        packsswb xmm0, xmm1
        packuswb xmm2, xmm1
        packssdw xmm3, xmm1
        packusdw xmm4, xmm1
#code32 660f6fd0660f6fd8660f6fe1660f63c1660f67d1660f6bd9660f382be1
#out32 xmm0=0x80007fff008000ff7f807f7f7f808001 xmm2=0xff0000000000ff0080ffff000001 xmm3=0x80007fff7fff7fff7fff7fff7fff8000 xmm4=0xffff8000ffff0000ffff8000ffff
#code64 660f6fd0660f6fd8660f6fe1660f63c1660f67d1660f6bd9660f382be1
#out64 xmm0=0x80007fff008000ff7f807f7f7f808001 xmm2=0xff0000000000ff0080ffff000001 xmm3=0x80007fff7fff7fff7fff7fff7fff8000 xmm4=0xffff8000ffff0000ffff8000ffff
#case string_compares 32 64
#in xmm0=0x00006f6c6c6548006f6c6c65486f6c6c xmm1=0x0000000000000000000000006c6c6548 eax=5|-16|100 edx=4|16
        pcmpistri xmm0, xmm1, 0x0c
        mov     esi, ecx
        pcmpistrm xmm0, xmm1, 0x40
        movdqa  xmm2, xmm0
        pcmpestri xmm0, xmm1, 0x18
        mov     edi, ecx
        pcmpestrm xmm2, xmm1, 0x01
#code32 660f3a63c10c89ce660f3a62c140660f6fd0660f3a61c11889cf660f3a60d101
#out32 esi=0x10 flags=cf+zf+sf xmm0=0xc xmm2=0xffffffff
#out32 esi=0x10 flags=cf+sf xmm0=0xfc xmm2=0xffffffff
#out32 esi=0x10 flags=cf+zf xmm0=0xc xmm2=0xffffffff
#out32 esi=0x10 flags=cf xmm0=0xfc xmm2=0xffffffff
#out32 esi=0x10 flags=cf+zf xmm0=0xc xmm2=0xffffffff
#out32 esi=0x10 flags=cf xmm0=0xfc xmm2=0xffffffff
#code64 660f3a63c10c89ce660f3a62c140660f6fd0660f3a61c11889cf660f3a60d101
#out64 rsi=0x10 flags=cf+zf+sf xmm0=0xc xmm2=0xffffffff
#out64 rsi=0x10 flags=cf+sf xmm0=0xfc xmm2=0xffffffff
#out64 rsi=0x10 flags=cf+zf xmm0=0xc xmm2=0xffffffff
#out64 rsi=0x10 flags=cf xmm0=0xfc xmm2=0xffffffff
#out64 rsi=0x10 flags=cf+zf xmm0=0xc xmm2=0xffffffff
#out64 rsi=0x10 flags=cf xmm0=0xfc xmm2=0xffffffff
#case aes_known_answer 32 64
#in xmm0=0x7b5b54657374566563746f725d53475d xmm1=0x48692853686179295b477565726f6e5d
        movdqa  xmm2, xmm0
        movdqa  xmm3, xmm0
        movdqa  xmm4, xmm0
        aesenc  xmm0, xmm1
        aesenclast xmm2, xmm1
        aesdec  xmm3, xmm1
        aesdeclast xmm4, xmm1
        aesimc  xmm5, xmm1
        aeskeygenassist xmm6, xmm1, 0x1b
#code32 660f6fd0660f6fd8660f6fe0660f38dcc1660f38ddd1660f38ded9660f38dfe1660f38dbe9660f3adff11b
#out32 xmm0=0xa8311c2f9fdba3c58b104b58ded7e595 xmm2=0xc7fb881e938c5964177ec42553fdc611 xmm3=0x138ac342faea2787b58eb95eb730392a xmm4=0xc5a391ef6b317f95d410637b72a593d0 xmm5=0x597f8df109efaa15f39bc5a119d859b6 xmm6=0xed52f92f52f934ed4d39a08639a09d4d
#code64 660f6fd0660f6fd8660f6fe0660f38dcc1660f38ddd1660f38ded9660f38dfe1660f38dbe9660f3adff11b
#out64 xmm0=0xa8311c2f9fdba3c58b104b58ded7e595 xmm2=0xc7fb881e938c5964177ec42553fdc611 xmm3=0x138ac342faea2787b58eb95eb730392a xmm4=0xc5a391ef6b317f95d410637b72a593d0 xmm5=0x597f8df109efaa15f39bc5a119d859b6 xmm6=0xed52f92f52f934ed4d39a08639a09d4d
#case aes_misaligned 32 64
#in edi=data+8
        aesenc  xmm0, [edi]
#code32 660f38dc07
#out32 stop=sigsegv.0x80@0x0 rip=code
#code64 67660f38dc07
#out64 stop=sigsegv.0x80@0x0 rip=code
#case carry_less_multiply 32 64
#in xmm0=0x7b5b54657374566563746f725d53475d xmm1=0x48692853686179295b477565726f6e5d
        movdqa  xmm2, xmm0
        movdqa  xmm3, xmm0
        movdqa  xmm4, xmm0
        pclmulqdq xmm0, xmm1, 0
        pclmulqdq xmm2, xmm1, 0x11
        pclmulqdq xmm3, xmm1, 0x01
        pclmulqdq xmm4, xmm1, 0x10
#code32 660f6fd0660f6fd8660f6fe0660f3a44c100660f3a44d111660f3a44d901660f3a44e110
#out32 xmm0=0x1d4d84c85c3440c0929633d5d36f0451 xmm2=0x1d1e1f2c592e7c45d66ee03e410fd4ed xmm3=0x1a2bf6db3a30862fbabf262df4b7d5c9 xmm4=0x1bd17c8d556ab5a17fa540ac2a281315
#code64 660f6fd0660f6fd8660f6fe0660f3a44c100660f3a44d111660f3a44d901660f3a44e110
#out64 xmm0=0x1d4d84c85c3440c0929633d5d36f0451 xmm2=0x1d1e1f2c592e7c45d66ee03e410fd4ed xmm3=0x1a2bf6db3a30862fbabf262df4b7d5c9 xmm4=0x1bd17c8d556ab5a17fa540ac2a281315
#case sha_rounds 32 64
#in xmm0=0x7b5b54657374566563746f725d53475d xmm1=0x48692853686179295b477565726f6e5d xmm2=0x11111111222222223333333344444444
        movdqa  xmm3, xmm2
        movdqa  xmm4, xmm2
        movdqa  xmm5, xmm2
        movdqa  xmm6, xmm2
        sha256rnds2 xmm2, xmm1
        sha256msg1 xmm3, xmm1
        sha256msg2 xmm4, xmm1
        sha1rnds4 xmm5, xmm1, 2
        sha1msg1 xmm6, xmm1
        sha1msg2 xmm6, xmm0
        sha1nexte xmm6, xmm0
#code32 660f6fda660f6fe2660f6fea660f6ff20f38cbd10f38ccd90f38cde10f3acce9020f38c9f10f38caf00f38c8f0
#out32 xmm2=0x9fd485052b0e371bfdb5a3e0d0addbb0 xmm3=0x804f809d86666666fbbbbbbbf1111110 xmm4=0x354fc90d3c746d1de4650aa6d7efc5a6 xmm5=0xf9bea9b9e555a56c717dee6fc6f24a5c xmm6=0x24068e887374566563746f725d53475d
#code64 660f6fda660f6fe2660f6fea660f6ff20f38cbd10f38ccd90f38cde10f3acce9020f38c9f10f38caf00f38c8f0
#out64 xmm2=0x9fd485052b0e371bfdb5a3e0d0addbb0 xmm3=0x804f809d86666666fbbbbbbbf1111110 xmm4=0x354fc90d3c746d1de4650aa6d7efc5a6 xmm5=0xf9bea9b9e555a56c717dee6fc6f24a5c xmm6=0x24068e887374566563746f725d53475d
#case bmi 32 64
#in eax=0|0x80000000|0xdeadbeef|1 ebx=0x0f0f3c3c ecx=0x0810|0x2004|0xff1f
        andn    edx, eax, ebx
        setz    dl
        blsr    esi, eax
        setc    dh
        blsi    edi, eax
        adc     edx, 0
        bextr   ebp, ebx, ecx
        bzhi    esi, ebx, ecx
        adc     edx, 0
        pdep    edi, ebx, eax
        pext    eax, ebx, eax
        rorx    ebx, ebx, 7
        shlx    ecx, ebx, ecx
#code32 c4e278f2d30f94c2c4e248f3c80f92c6c4e240f3d883d200c4e270f7ebc4e270f5f383d200c4e263f5f8c4e262f5c0c4e37bf0db07c4e271f7cb
#out32 ecx=0x1e780000 edx=0xf0f0100 ebx=0x781e1e78 ebp=0xf esi=0x3c3c flags=pf
#out32 ecx=0x81e1e780 edx=0xf0f0100 ebx=0x781e1e78 ebp=0xf0f3c3 esi=0xc flags=pf
#out32 ecx=0x0 edx=0xf0f0100 ebx=0x781e1e78 esi=0xf0f3c3c flags=pf
#out32 eax=0x0 ecx=0x1e780000 edx=0xf0f0001 ebx=0x781e1e78 ebp=0xf esi=0x3c3c
#out32 eax=0x0 ecx=0x81e1e780 edx=0xf0f0001 ebx=0x781e1e78 ebp=0xf0f3c3 esi=0xc
#out32 eax=0x0 ecx=0x0 edx=0xf0f0001 ebx=0x781e1e78 esi=0xf0f3c3c
#out32 eax=0x1cef1c ecx=0x1e780000 edx=0x1020001 ebx=0x781e1e78 ebp=0xf esi=0x3c3c edi=0x6a1b06c
#out32 eax=0x1cef1c ecx=0x81e1e780 edx=0x1020001 ebx=0x781e1e78 ebp=0xf0f3c3 esi=0xc edi=0x6a1b06c
#out32 eax=0x1cef1c ecx=0x0 edx=0x1020001 ebx=0x781e1e78 esi=0xf0f3c3c edi=0x6a1b06c
#out32 eax=0x0 ecx=0x1e780000 edx=0xf0f0001 ebx=0x781e1e78 ebp=0xf esi=0x3c3c
#out32 eax=0x0 ecx=0x81e1e780 edx=0xf0f0001 ebx=0x781e1e78 ebp=0xf0f3c3 esi=0xc
#out32 eax=0x0 ecx=0x0 edx=0xf0f0001 ebx=0x781e1e78 esi=0xf0f3c3c
#code64 c4e278f2d30f94c2c4e248f3c80f92c6c4e240f3d883d200c4e270f7ebc4e270f5f383d200c4e263f5f8c4e262f5c0c4e37bf0db07c4e271f7cb
#out64 rcx=0x1e780000 rdx=0xf0f0100 rbx=0x781e1e78 rbp=0xf rsi=0x3c3c flags=pf
#out64 rcx=0x81e1e780 rdx=0xf0f0100 rbx=0x781e1e78 rbp=0xf0f3c3 rsi=0xc flags=pf
#out64 rcx=0x0 rdx=0xf0f0100 rbx=0x781e1e78 rsi=0xf0f3c3c flags=pf
#out64 rax=0x0 rcx=0x1e780000 rdx=0xf0f0001 rbx=0x781e1e78 rbp=0xf rsi=0x3c3c
#out64 rax=0x0 rcx=0x81e1e780 rdx=0xf0f0001 rbx=0x781e1e78 rbp=0xf0f3c3 rsi=0xc
#out64 rax=0x0 rcx=0x0 rdx=0xf0f0001 rbx=0x781e1e78 rsi=0xf0f3c3c
#out64 rax=0x1cef1c rcx=0x1e780000 rdx=0x1020001 rbx=0x781e1e78 rbp=0xf rsi=0x3c3c rdi=0x6a1b06c
#out64 rax=0x1cef1c rcx=0x81e1e780 rdx=0x1020001 rbx=0x781e1e78 rbp=0xf0f3c3 rsi=0xc rdi=0x6a1b06c
#out64 rax=0x1cef1c rcx=0x0 rdx=0x1020001 rbx=0x781e1e78 rsi=0xf0f3c3c rdi=0x6a1b06c
#out64 rax=0x0 rcx=0x1e780000 rdx=0xf0f0001 rbx=0x781e1e78 rbp=0xf rsi=0x3c3c
#out64 rax=0x0 rcx=0x81e1e780 rdx=0xf0f0001 rbx=0x781e1e78 rbp=0xf0f3c3 rsi=0xc
#out64 rax=0x0 rcx=0x0 rdx=0xf0f0001 rbx=0x781e1e78 rsi=0xf0f3c3c
#case mulx_adcx_adox 32 64
#in edx=0xfffffffe eax=0xfffffffd ebx=7 ecx=0xffffffff flags=cf+of|none|cf|of
        mulx    esi, edi, eax
        adcx    ebx, ecx
        adox    edi, ecx
        mulx    eax, eax, ecx
        setc    cl
        seto    ch
#code32 c4e243f6f0660f38f6d9f30f38f6f9c4e27bf6c10f92c10f90c5
#out32 ecx=0xffff0101 esi=0xfffffffb edi=0x6
#out32 ecx=0xffff0101 ebx=0x6 esi=0xfffffffb edi=0x5 flags=cf+of
#out32 ecx=0xffff0101 esi=0xfffffffb edi=0x5 flags=cf+of
#out32 ecx=0xffff0101 ebx=0x6 esi=0xfffffffb edi=0x6 flags=cf+of
#code64 c4e243f6f0660f38f6d9f30f38f6f9c4e27bf6c10f92c10f90c5
#out64 rcx=0xffff0101 rsi=0xfffffffb rdi=0x6
#out64 rcx=0xffff0101 rbx=0x6 rsi=0xfffffffb rdi=0x5 flags=cf+of
#out64 rcx=0xffff0101 rsi=0xfffffffb rdi=0x5 flags=cf+of
#out64 rcx=0xffff0101 rbx=0x6 rsi=0xfffffffb rdi=0x6 flags=cf+of
#case movbe_widths 32 64
#in [data]=1122334455667788 ebx=0xaabbccdd
        movbe   eax, [data]
        movbe   cx, [data+4]
        movbe   [data+8], ebx
        movbe   [data+12], bx
#code32 0f38f00500000002660f38f00d040000020f38f11d08000002660f38f11d0c000002
#out32 eax=0x11223344 ecx=0x5566 [data+0x8]=aabbccddccdd
#code64 0f38f0042500000002660f38f00c25040000020f38f11c2508000002660f38f11c250c000002
#out64 rax=0x11223344 rcx=0x5566 [data+0x8]=aabbccddccdd
#case alignment_check 32 64
#in edi=data flags=ac
        mov     eax, [edi+4]
        mov     eax, [edi+1]
#code32 8b47048b4701
#out32 stop=sigbus.0x1@0x0 rip=code+0x3
#code64 678b4704678b4701
#out64 stop=sigbus.0x1@0x0 rip=code+0x4
