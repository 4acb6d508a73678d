# SSE and SSE2: NaN and zero rules, conversions out of range, rounding, alignment, shifts past the width.

#case min_max_nan_and_zero 32 64
#in xmm0=0x7fc00000800000003f8000007fc00001 xmm1=0x3f80000000000000400000007fc00002
        movaps  xmm2, xmm0
        minps   xmm2, xmm1
        maxps   xmm0, xmm1
#code32 0f28d00f5dd10f5fc1
#out32 xmm0=0x3f80000000000000400000007fc00002 xmm2=0x3f800000000000003f8000007fc00002 mxcsr=0x1f81
#code64 0f28d00f5dd10f5fc1
#out64 xmm0=0x3f80000000000000400000007fc00002 xmm2=0x3f800000000000003f8000007fc00002 mxcsr=0x1f81
#case compare_unordered 32 64
#in xmm0=0x7fc00000800000003f8000003f800000 xmm1=0x3f800000000000004000000000000000
        movaps  xmm2, xmm0
        movaps  xmm3, xmm0
        movaps  xmm4, xmm0
        movaps  xmm5, xmm0
        cmpnltps xmm2, xmm1
        cmpnleps xmm3, xmm1
        cmpunordps xmm4, xmm1
        cmpneqps xmm5, xmm1
#code32 0f28d00f28d80f28e00f28e80fc2d1050fc2d9060fc2e1030fc2e904
#out32 xmm2=0xffffffffffffffff00000000ffffffff xmm3=0xffffffff0000000000000000ffffffff xmm4=0xffffffff000000000000000000000000 xmm5=0xffffffff00000000ffffffffffffffff mxcsr=0x1f81
#code64 0f28d00f28d80f28e00f28e80fc2d1050fc2d9060fc2e1030fc2e904
#out64 xmm2=0xffffffffffffffff00000000ffffffff xmm3=0xffffffff0000000000000000ffffffff xmm4=0xffffffff000000000000000000000000 xmm5=0xffffffff00000000ffffffffffffffff mxcsr=0x1f81
#case convert_out_of_range 32 64
#in xmm0=0x4f000000|0xcf000000|0x7fc00000|0xff800000|0x3fc00000|0x40200000|0xc0200000
        cvtss2si eax, xmm0
        cvttss2si ecx, xmm0
#code32 f30f2dc0f30f2cc8
#out32 eax=0x80000000 ecx=0x80000000 mxcsr=0x1f81
#out32 eax=0x80000000 ecx=0x80000000
#out32 eax=0x80000000 ecx=0x80000000 mxcsr=0x1f81
#out32 eax=0x80000000 ecx=0x80000000 mxcsr=0x1f81
#out32 eax=0x2 ecx=0x1 mxcsr=0x1fa0
#out32 eax=0x2 ecx=0x2 mxcsr=0x1fa0
#out32 eax=0xfffffffe ecx=0xfffffffe mxcsr=0x1fa0
#code64 f30f2dc0f30f2cc8
#out64 rax=0x80000000 rcx=0x80000000 mxcsr=0x1f81
#out64 rax=0x80000000 rcx=0x80000000
#out64 rax=0x80000000 rcx=0x80000000 mxcsr=0x1f81
#out64 rax=0x80000000 rcx=0x80000000 mxcsr=0x1f81
#out64 rax=0x2 rcx=0x1 mxcsr=0x1fa0
#out64 rax=0x2 rcx=0x2 mxcsr=0x1fa0
#out64 rax=0xfffffffe rcx=0xfffffffe mxcsr=0x1fa0
#case convert_double_out_of_range 32 64
#in xmm0=0x41e0000000000000|0xc1e0000000200000|0x7ff8000000000000|0x3fe0000000000000
        cvtsd2si eax, xmm0
        cvttsd2si ecx, xmm0
#code32 f20f2dc0f20f2cc8
#out32 eax=0x80000000 ecx=0x80000000 mxcsr=0x1f81
#out32 eax=0x80000000 ecx=0x80000000 mxcsr=0x1f81
#out32 eax=0x80000000 ecx=0x80000000 mxcsr=0x1f81
#out32 mxcsr=0x1fa0
#code64 f20f2dc0f20f2cc8
#out64 rax=0x80000000 rcx=0x80000000 mxcsr=0x1f81
#out64 rax=0x80000000 rcx=0x80000000 mxcsr=0x1f81
#out64 rax=0x80000000 rcx=0x80000000 mxcsr=0x1f81
#out64 mxcsr=0x1fa0
#case convert_double_to_64 64
#in xmm0=0x43e0000000000000|0xc3e0000000000000|0x4330000000000001
        cvtsd2si rax, xmm0
        cvttsd2si rcx, xmm0
#code64 f2480f2dc0f2480f2cc8
#out64 rax=0x8000000000000000 rcx=0x8000000000000000 mxcsr=0x1f81
#out64 rax=0x8000000000000000 rcx=0x8000000000000000
#out64 rax=0x10000000000001 rcx=0x10000000000001
#case convert_packed 32 64
#in xmm0=0x7fc000004f0000003fc00000c0200000 mxcsr=0x1f80|0x3f80|0x5f80|0x7f80
        cvtps2dq xmm1, xmm0
        cvttps2dq xmm2, xmm0
        cvtdq2ps xmm3, xmm0
#code32 660f5bc8f30f5bd00f5bd8
#out32 xmm1=0x800000008000000000000002fffffffe xmm2=0x800000008000000000000001fffffffe xmm3=0x4eff80004e9e00004e7f0000ce7f8000 mxcsr=0x1fa1
#out32 xmm1=0x800000008000000000000001fffffffd xmm2=0x800000008000000000000001fffffffe xmm3=0x4eff80004e9e00004e7f0000ce7f8000 mxcsr=0x3fa1
#out32 xmm1=0x800000008000000000000002fffffffe xmm2=0x800000008000000000000001fffffffe xmm3=0x4eff80004e9e00004e7f0000ce7f8000 mxcsr=0x5fa1
#out32 xmm1=0x800000008000000000000001fffffffe xmm2=0x800000008000000000000001fffffffe xmm3=0x4eff80004e9e00004e7f0000ce7f8000 mxcsr=0x7fa1
#code64 660f5bc8f30f5bd00f5bd8
#out64 xmm1=0x800000008000000000000002fffffffe xmm2=0x800000008000000000000001fffffffe xmm3=0x4eff80004e9e00004e7f0000ce7f8000 mxcsr=0x1fa1
#out64 xmm1=0x800000008000000000000001fffffffd xmm2=0x800000008000000000000001fffffffe xmm3=0x4eff80004e9e00004e7f0000ce7f8000 mxcsr=0x3fa1
#out64 xmm1=0x800000008000000000000002fffffffe xmm2=0x800000008000000000000001fffffffe xmm3=0x4eff80004e9e00004e7f0000ce7f8000 mxcsr=0x5fa1
#out64 xmm1=0x800000008000000000000001fffffffe xmm2=0x800000008000000000000001fffffffe xmm3=0x4eff80004e9e00004e7f0000ce7f8000 mxcsr=0x7fa1
#case convert_halves_zeroed 32 64
#in xmm0=0x40080000000000003ff8000000000000 xmm1=-1 xmm2=-1
        cvtpd2ps xmm1, xmm0
        cvtpd2dq xmm2, xmm0
#code32 660f5ac8f20fe6d0
#out32 xmm1=0x404000003fc00000 xmm2=0x300000002 mxcsr=0x1fa0
#code64 660f5ac8f20fe6d0
#out64 xmm1=0x404000003fc00000 xmm2=0x300000002 mxcsr=0x1fa0
#case default_nan_is_negative 32 64
#in xmm0=0x7f800000 xmm1=0xff800000
        addss   xmm0, xmm1
#code32 f30f58c1
#out32 xmm0=0xffc00000 mxcsr=0x1f81
#code64 f30f58c1
#out64 xmm0=0xffc00000 mxcsr=0x1f81
#case nan_propagation 32 64
#in xmm0=0x7fa00001|0xffc00003|0x3f800000 xmm1=0x7fc00002|0x7f800001
        addss   xmm0, xmm1
#code32 f30f58c1
#out32 xmm0=0x7fe00001 mxcsr=0x1f81
#out32 xmm0=0x7fe00001 mxcsr=0x1f81
#out32 -
#out32 mxcsr=0x1f81
#out32 xmm0=0x7fc00002
#out32 xmm0=0x7fc00001 mxcsr=0x1f81
#code64 f30f58c1
#out64 xmm0=0x7fe00001 mxcsr=0x1f81
#out64 xmm0=0x7fe00001 mxcsr=0x1f81
#out64 -
#out64 mxcsr=0x1f81
#out64 xmm0=0x7fc00002
#out64 xmm0=0x7fc00001 mxcsr=0x1f81
#case load_zeroes_register_merges 32 64
#in xmm0=-1 xmm1=-1 xmm2=-1 xmm3=5 [data]=0102030405060708
        movss   xmm0, dword ptr [data]
        movsd   xmm1, qword ptr [data]
        movss   xmm2, xmm3
#code32 f30f100500000002f20f100d00000002f30f10d3
#out32 xmm0=0x4030201 xmm1=0x807060504030201 xmm2=0xffffffffffffffffffffffff00000005
#code64 f30f10042500000002f20f100c2500000002f30f10d3
#out64 xmm0=0x4030201 xmm1=0x807060504030201 xmm2=0xffffffffffffffffffffffff00000005
#case movq_movd 32 64
#in xmm0=-1 eax=0x80000001 [data]=0102030405060708
        movd    xmm1, eax
        movq    xmm0, xmm0
        movq    qword ptr [data+8], xmm0
        movd    ecx, xmm0
#code32 660f6ec8f30f7ec0660fd60508000002660f7ec1
#out32 ecx=0xffffffff xmm0=0xffffffffffffffff xmm1=0x80000001 [data+0x8]=ffffffffffffffff
#code64 660f6ec8f30f7ec0660fd6042508000002660f7ec1
#out64 rcx=0xffffffff xmm0=0xffffffffffffffff xmm1=0x80000001 [data+0x8]=ffffffffffffffff
#case aligned_load_misaligned 32 64
#in edi=data+8
        movaps  xmm0, [edi]
#code32 0f2807
#out32 stop=sigsegv.0x80@0x0 rip=code
#code64 670f2807
#out64 stop=sigsegv.0x80@0x0 rip=code
#case aligned_store_misaligned_read_only 32 64
#in edi=ro+8
        movdqa  [edi], xmm0
#code32 660f7f07
#out32 stop=sigsegv.0x80@0x0 rip=code
#code64 67660f7f07
#out64 stop=sigsegv.0x80@0x0 rip=code
#case aligned_operand_misaligned 32 64
#in edi=data+1
        paddb   xmm0, [edi]
#code32 660ffc07
#out32 stop=sigsegv.0x80@0x0 rip=code
#code64 67660ffc07
#out64 stop=sigsegv.0x80@0x0 rip=code
#case unaligned_over_page 32 64
#in edi=data+0xff8 xmm0=0x0f0e0d0c0b0a09080706050403020100
        movups  [edi], xmm0
        movdqu  xmm1, [edi+1]
#code32 0f1107f30f6f4f01
#out32 xmm1=0xf0e0d0c0b0a090807060504030201 [data+0xff9]=0102030405060708090a0b0c0d0e0f
#code64 670f110767f30f6f4f01
#out64 xmm1=0xf0e0d0c0b0a090807060504030201 [data+0xff9]=0102030405060708090a0b0c0d0e0f
#case unaligned_store_over_end 32 64
#in edi=data.end-8 xmm0=-1
        movups  [edi], xmm0
#code32 0f1107
#out32 stop=sigsegv.0x1@data+0x2000 rip=code
#code64 670f1107
#out64 stop=sigsegv.0x1@data+0x2000 rip=code
#case shift_counts 32 64
#in xmm0=0x80018001800180018000000180000001 xmm1=0xf|0x10|0x100000000|0x20|0x3f|0x40
        movdqa  xmm2, xmm0
        movdqa  xmm3, xmm0
        movdqa  xmm4, xmm0
        psllw   xmm2, xmm1
        psrad   xmm3, xmm1
        psrlq   xmm4, xmm1
        pslldq  xmm0, 16
#code32 660f6fd0660f6fd8660f6fe0660ff1d1660fe2d9660fd3e1660f73f810
#out32 xmm0=0x0 xmm2=0x80008000800080000000800000008000 xmm3=0xffff0003ffff0003ffff0000ffff0000 xmm4=0x10003000300030001000000030000
#out32 xmm0=0x0 xmm3=0xffff8001ffff8001ffff8000ffff8000 xmm4=0x8001800180010000800000018000
#out32 xmm0=0x0 xmm3=0xffffffffffffffffffffffffffffffff
#out32 xmm0=0x0 xmm3=0xffffffffffffffffffffffffffffffff xmm4=0x800180010000000080000001
#out32 xmm0=0x0 xmm3=0xffffffffffffffffffffffffffffffff xmm4=0x10000000000000001
#out32 xmm0=0x0 xmm3=0xffffffffffffffffffffffffffffffff
#code64 660f6fd0660f6fd8660f6fe0660ff1d1660fe2d9660fd3e1660f73f810
#out64 xmm0=0x0 xmm2=0x80008000800080000000800000008000 xmm3=0xffff0003ffff0003ffff0000ffff0000 xmm4=0x10003000300030001000000030000
#out64 xmm0=0x0 xmm3=0xffff8001ffff8001ffff8000ffff8000 xmm4=0x8001800180010000800000018000
#out64 xmm0=0x0 xmm3=0xffffffffffffffffffffffffffffffff
#out64 xmm0=0x0 xmm3=0xffffffffffffffffffffffffffffffff xmm4=0x800180010000000080000001
#out64 xmm0=0x0 xmm3=0xffffffffffffffffffffffffffffffff xmm4=0x10000000000000001
#out64 xmm0=0x0 xmm3=0xffffffffffffffffffffffffffffffff
#case shuffles 32 64
#in xmm0=0x0f0e0d0c0b0a09080706050403020100 xmm1=0x1f1e1d1c1b1a19181716151413121110
        pshufd  xmm2, xmm0, 0x1b
        pshuflw xmm3, xmm0, 0x1b
        pshufhw xmm4, xmm0, 0xe4
        shufps  xmm0, xmm1, 0x9c
        punpckhqdq xmm1, xmm2
#code32 660f70d01bf20f70d81bf30f70e0e40fc6c19c660f6dca
#out32 xmm0=0x1b1a1918171615140f0e0d0c03020100 xmm1=0x3020100070605041f1e1d1c1b1a1918 xmm2=0x3020100070605040b0a09080f0e0d0c xmm3=0xf0e0d0c0b0a09080100030205040706 xmm4=0xf0e0d0c0b0a09080706050403020100
#code64 660f70d01bf20f70d81bf30f70e0e40fc6c19c660f6dca
#out64 xmm0=0x1b1a1918171615140f0e0d0c03020100 xmm1=0x3020100070605041f1e1d1c1b1a1918 xmm2=0x3020100070605040b0a09080f0e0d0c xmm3=0xf0e0d0c0b0a09080100030205040706 xmm4=0xf0e0d0c0b0a09080706050403020100
#case unmasked_invalid 32 64
#in mxcsr=0x1f00 xmm0=0x7fa00001 xmm1=0x3f800000
        addss   xmm0, xmm1
#code32 f30f58c1
#out32 stop=sigfpe.0x7@code rip=code mxcsr=0x1f01
#code64 f30f58c1
#out64 stop=sigfpe.0x7@code rip=code mxcsr=0x1f01
#case unmasked_divide_keeps_destination 32 64
#in mxcsr=0x1d80 xmm0=0x3f800000 xmm1=0
        divss   xmm0, xmm1
#code32 f30f5ec1
#out32 stop=sigfpe.0x3@code rip=code mxcsr=0x1d84
#code64 f30f5ec1
#out64 stop=sigfpe.0x3@code rip=code mxcsr=0x1d84
#case ldmxcsr_reserved_bits 32 64
#in [data]=00000100|c0ff0000
        ldmxcsr [data]
#code32 0fae1500000002
#out32 stop=sigsegv.0x80@0x0 rip=code
#out32 mxcsr=0xffc0
#code64 0fae142500000002
#out64 stop=sigsegv.0x80@0x0 rip=code
#out64 mxcsr=0xffc0
#case stmxcsr 32 64
#in mxcsr=0x9fc0
        stmxcsr [data]
#code32 0fae1d00000002
#out32 [data]=c09f
#code64 0fae1c2500000002
#out64 [data]=c09f
#case flush_to_zero_and_denormals 32 64
#in mxcsr=0x9f80|0x1fc0|0x9fc0|0x1f80 xmm0=0x00800000 xmm1=0x3f000000 xmm2=0x00000001
        mulss   xmm0, xmm1
        addss   xmm2, xmm2
#code32 f30f59c1f30f58d2
#out32 xmm0=0x0 xmm2=0x0 mxcsr=0x9fb2
#out32 xmm0=0x400000 xmm2=0x0
#out32 xmm0=0x0 xmm2=0x0 mxcsr=0x9ff0
#out32 xmm0=0x400000 xmm2=0x2 mxcsr=0x1f82
#code64 f30f59c1f30f58d2
#out64 xmm0=0x0 xmm2=0x0 mxcsr=0x9fb2
#out64 xmm0=0x400000 xmm2=0x0
#out64 xmm0=0x0 xmm2=0x0 mxcsr=0x9ff0
#out64 xmm0=0x400000 xmm2=0x2 mxcsr=0x1f82
#case rounding_modes 32 64
#in mxcsr=0x1f80|0x3f80|0x5f80|0x7f80 xmm0=0x3ff00000000000003ff0000000000000 xmm1=0x40080000000000004008000000000000
        divpd   xmm0, xmm1
        cvtpd2ps xmm2, xmm0
        sqrtpd  xmm3, xmm1
#code32 660f5ec1660f5ad0660f51d9
#out32 xmm0=0x3fd55555555555553fd5555555555555 xmm2=0x3eaaaaab3eaaaaab xmm3=0x3ffbb67ae8584caa3ffbb67ae8584caa mxcsr=0x1fa0
#out32 xmm0=0x3fd55555555555553fd5555555555555 xmm2=0x3eaaaaaa3eaaaaaa xmm3=0x3ffbb67ae8584caa3ffbb67ae8584caa mxcsr=0x3fa0
#out32 xmm0=0x3fd55555555555563fd5555555555556 xmm2=0x3eaaaaab3eaaaaab xmm3=0x3ffbb67ae8584cab3ffbb67ae8584cab mxcsr=0x5fa0
#out32 xmm0=0x3fd55555555555553fd5555555555555 xmm2=0x3eaaaaaa3eaaaaaa xmm3=0x3ffbb67ae8584caa3ffbb67ae8584caa mxcsr=0x7fa0
#code64 660f5ec1660f5ad0660f51d9
#out64 xmm0=0x3fd55555555555553fd5555555555555 xmm2=0x3eaaaaab3eaaaaab xmm3=0x3ffbb67ae8584caa3ffbb67ae8584caa mxcsr=0x1fa0
#out64 xmm0=0x3fd55555555555553fd5555555555555 xmm2=0x3eaaaaaa3eaaaaaa xmm3=0x3ffbb67ae8584caa3ffbb67ae8584caa mxcsr=0x3fa0
#out64 xmm0=0x3fd55555555555563fd5555555555556 xmm2=0x3eaaaaab3eaaaaab xmm3=0x3ffbb67ae8584cab3ffbb67ae8584cab mxcsr=0x5fa0
#out64 xmm0=0x3fd55555555555553fd5555555555555 xmm2=0x3eaaaaaa3eaaaaaa xmm3=0x3ffbb67ae8584caa3ffbb67ae8584caa mxcsr=0x7fa0
#case comis_flags 32 64
#in xmm0=0x3f800000|0x7fc00000|0x7fa00000 xmm1=0x40000000 flags=of+sf+af
        ucomiss xmm0, xmm1
        setp    al
        comiss  xmm0, xmm1
#code32 0f2ec10f9ac00f2fc1
#out32 flags=cf
#out32 eax=0x1 flags=cf+pf+zf mxcsr=0x1f81
#out32 eax=0x1 flags=cf+pf+zf mxcsr=0x1f81
#code64 0f2ec10f9ac00f2fc1
#out64 flags=cf
#out64 rax=0x1 flags=cf+pf+zf mxcsr=0x1f81
#out64 rax=0x1 flags=cf+pf+zf mxcsr=0x1f81
#case movmsk_and_masks 32 64
#in xmm0=0x80000000000000007fffffff80000000
        movmskps eax, xmm0
        movmskpd ecx, xmm0
        pmovmskb edx, xmm0
#code32 0f50c0660f50c8660fd7d0
#out32 eax=0x9 ecx=0x2 edx=0x8078
#code64 0f50c0660f50c8660fd7d0
#out64 rax=0x9 rcx=0x2 rdx=0x8078
#case pmuludq_psadbw_pavg 32 64
#in xmm0=0xffffffff00000001ffffffff80000000 xmm1=0xffffffff7fffffff0000000280000000
        movdqa  xmm2, xmm0
        movdqa  xmm3, xmm0
        pmuludq xmm0, xmm1
        psadbw  xmm2, xmm1
        pavgb   xmm3, xmm1
#code32 660f6fd0660f6fd8660ff4c1660ff6d1660fe0d9
#out32 xmm0=0x7fffffff4000000000000000 xmm2=0x37b00000000000003fa xmm3=0xffffffff408080808080808180000000
#code64 660f6fd0660f6fd8660ff4c1660ff6d1660fe0d9
#out64 xmm0=0x7fffffff4000000000000000 xmm2=0x37b00000000000003fa xmm3=0xffffffff408080808080808180000000
#case maskmovdqu 32 64
#in edi=data+1 xmm0=0x0f0e0d0c0b0a09080706050403020100 xmm1=0x80008000800080008000800080008000
        maskmovdqu xmm0, xmm1
#code32 660ff7c1
#out32 [data+0x2]=010003000500070009000b000d000f
#code64 660ff7c1
#out64 [data+0x2]=010003000500070009000b000d000f
#case mmx_conversion_switches_to_mmx 32 64
#in sw=0x1800 xmm0=0x4020000000000000bf800000
        cvtps2pi mm0, xmm0
        movdq2q mm1, xmm0
#code32 0f2dc0f20fd6c8
#out32 sw=0x0 used=0xff r0=ffff:00000000ffffffff r1=ffff:00000000bf800000
#code64 0f2dc0f20fd6c8
#out64 sw=0x0 used=0xff r0=ffff:00000000ffffffff r1=ffff:00000000bf800000
