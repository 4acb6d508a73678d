# Which comes first: a pending unmasked x87 exception, or what is wrong with the memory operand. Whatever waits for the
# exception raises it before it looks at its operand; what does not, does not.

#case fld_m32_null_segment 32
#in cw=0x37e sw=0x8081
        fld dword ptr fs:[edi]
#code32 64d907
#out32 stop=sigfpe.0x7@code rip=code
#case fld_m32_address 64
#in cw=0x37e sw=0x8081 rbp=0|0x800000000000
        fld dword ptr [rbp]
#code64 d94500
#out64 stop=sigfpe.0x7@code rip=code
#out64 stop=sigfpe.0x7@code rip=code
#case fld_m80_null_segment 32
#in cw=0x37e sw=0x8081
        fld tbyte ptr fs:[edi]
#code32 64db2f
#out32 stop=sigfpe.0x7@code rip=code
#case fld_m80_address 64
#in cw=0x37e sw=0x8081 rbp=0|0x800000000000
        fld tbyte ptr [rbp]
#code64 db6d00
#out64 stop=sigfpe.0x7@code rip=code
#out64 stop=sigfpe.0x7@code rip=code
#case fild_m16_null_segment 32
#in cw=0x37e sw=0x8081
        fild word ptr fs:[edi]
#code32 64df07
#out32 stop=sigfpe.0x7@code rip=code
#case fild_m16_address 64
#in cw=0x37e sw=0x8081 rbp=0|0x800000000000
        fild word ptr [rbp]
#code64 df4500
#out64 stop=sigfpe.0x7@code rip=code
#out64 stop=sigfpe.0x7@code rip=code
#case fild_m64_null_segment 32
#in cw=0x37e sw=0x8081
        fild qword ptr fs:[edi]
#code32 64df2f
#out32 stop=sigfpe.0x7@code rip=code
#case fild_m64_address 64
#in cw=0x37e sw=0x8081 rbp=0|0x800000000000
        fild qword ptr [rbp]
#code64 df6d00
#out64 stop=sigfpe.0x7@code rip=code
#out64 stop=sigfpe.0x7@code rip=code
#case fbld_null_segment 32
#in cw=0x37e sw=0x8081
        fbld tbyte ptr fs:[edi]
#code32 64df27
#out32 stop=sigfpe.0x7@code rip=code
#case fbld_address 64
#in cw=0x37e sw=0x8081 rbp=0|0x800000000000
        fbld tbyte ptr [rbp]
#code64 df6500
#out64 stop=sigfpe.0x7@code rip=code
#out64 stop=sigfpe.0x7@code rip=code
#case fadd_m64_null_segment 32
#in cw=0x37e sw=0x8081
        fadd qword ptr fs:[edi]
#code32 64dc07
#out32 stop=sigfpe.0x7@code rip=code
#case fadd_m64_address 64
#in cw=0x37e sw=0x8081 rbp=0|0x800000000000
        fadd qword ptr [rbp]
#code64 dc4500
#out64 stop=sigfpe.0x7@code rip=code
#out64 stop=sigfpe.0x7@code rip=code
#case fidiv_m16_null_segment 32
#in cw=0x37e sw=0x8081
        fidiv word ptr fs:[edi]
#code32 64de37
#out32 stop=sigfpe.0x7@code rip=code
#case fidiv_m16_address 64
#in cw=0x37e sw=0x8081 rbp=0|0x800000000000
        fidiv word ptr [rbp]
#code64 de7500
#out64 stop=sigfpe.0x7@code rip=code
#out64 stop=sigfpe.0x7@code rip=code
#case fcomp_m32_null_segment 32
#in cw=0x37e sw=0x8081
        fcomp dword ptr fs:[edi]
#code32 64d81f
#out32 stop=sigfpe.0x7@code rip=code
#case fcomp_m32_address 64
#in cw=0x37e sw=0x8081 rbp=0|0x800000000000
        fcomp dword ptr [rbp]
#code64 d85d00
#out64 stop=sigfpe.0x7@code rip=code
#out64 stop=sigfpe.0x7@code rip=code
#case fst_m32_null_segment 32
#in cw=0x37e sw=0x8081
        fst dword ptr fs:[edi]
#code32 64d917
#out32 stop=sigfpe.0x7@code rip=code
#case fst_m32_address 64
#in cw=0x37e sw=0x8081 rbp=0|0x800000000000
        fst dword ptr [rbp]
#code64 d95500
#out64 stop=sigfpe.0x7@code rip=code
#out64 stop=sigfpe.0x7@code rip=code
#case fstp_m80_null_segment 32
#in cw=0x37e sw=0x8081
        fstp tbyte ptr fs:[edi]
#code32 64db3f
#out32 stop=sigfpe.0x7@code rip=code
#case fstp_m80_address 64
#in cw=0x37e sw=0x8081 rbp=0|0x800000000000
        fstp tbyte ptr [rbp]
#code64 db7d00
#out64 stop=sigfpe.0x7@code rip=code
#out64 stop=sigfpe.0x7@code rip=code
#case fistp_m64_null_segment 32
#in cw=0x37e sw=0x8081
        fistp qword ptr fs:[edi]
#code32 64df3f
#out32 stop=sigfpe.0x7@code rip=code
#case fistp_m64_address 64
#in cw=0x37e sw=0x8081 rbp=0|0x800000000000
        fistp qword ptr [rbp]
#code64 df7d00
#out64 stop=sigfpe.0x7@code rip=code
#out64 stop=sigfpe.0x7@code rip=code
#case fisttp_m32_null_segment 32
#in cw=0x37e sw=0x8081
        fisttp dword ptr fs:[edi]
#code32 64db0f
#out32 stop=sigfpe.0x7@code rip=code
#case fisttp_m32_address 64
#in cw=0x37e sw=0x8081 rbp=0|0x800000000000
        fisttp dword ptr [rbp]
#code64 db4d00
#out64 stop=sigfpe.0x7@code rip=code
#out64 stop=sigfpe.0x7@code rip=code
#case fbstp_null_segment 32
#in cw=0x37e sw=0x8081
        fbstp tbyte ptr fs:[edi]
#code32 64df37
#out32 stop=sigfpe.0x7@code rip=code
#case fbstp_address 64
#in cw=0x37e sw=0x8081 rbp=0|0x800000000000
        fbstp tbyte ptr [rbp]
#code64 df7500
#out64 stop=sigfpe.0x7@code rip=code
#out64 stop=sigfpe.0x7@code rip=code
#case fldcw_null_segment 32
#in cw=0x37e sw=0x8081
        fldcw word ptr fs:[edi]
#code32 64d92f
#out32 stop=sigfpe.0x7@code rip=code
#case fldcw_address 64
#in cw=0x37e sw=0x8081 rbp=0|0x800000000000
        fldcw word ptr [rbp]
#code64 d96d00
#out64 stop=sigfpe.0x7@code rip=code
#out64 stop=sigfpe.0x7@code rip=code
#case fldenv_null_segment 32
#in cw=0x37e sw=0x8081
        fldenv fs:[edi]
#code32 64d927
#out32 stop=sigfpe.0x7@code rip=code
#case fldenv_address 64
#in cw=0x37e sw=0x8081 rbp=0|0x800000000000
        fldenv [rbp]
#code64 d96500
#out64 stop=sigfpe.0x7@code rip=code
#out64 stop=sigfpe.0x7@code rip=code
#case frstor_null_segment 32
#in cw=0x37e sw=0x8081
        frstor fs:[edi]
#code32 64dd27
#out32 stop=sigfpe.0x7@code rip=code
#case frstor_address 64
#in cw=0x37e sw=0x8081 rbp=0|0x800000000000
        frstor [rbp]
#code64 dd6500
#out64 stop=sigfpe.0x7@code rip=code
#out64 stop=sigfpe.0x7@code rip=code
#case fnstcw_null_segment 32
#in cw=0x37e sw=0x8081
        fnstcw word ptr fs:[edi]
#code32 64d93f
#out32 stop=sigsegv.0x80@0x0 rip=code
#case fnstcw_address 64
#in cw=0x37e sw=0x8081 rbp=0|0x800000000000
        fnstcw word ptr [rbp]
#code64 d97d00
#out64 stop=sigsegv.0x1@0x0 rip=code
#out64 stop=sigbus.0x80@0x0 rip=code
#case fnstsw_null_segment 32
#in cw=0x37e sw=0x8081
        fnstsw word ptr fs:[edi]
#code32 64dd3f
#out32 stop=sigsegv.0x80@0x0 rip=code
#case fnstsw_address 64
#in cw=0x37e sw=0x8081 rbp=0|0x800000000000
        fnstsw word ptr [rbp]
#code64 dd7d00
#out64 stop=sigsegv.0x1@0x0 rip=code
#out64 stop=sigbus.0x80@0x0 rip=code
#case fnstenv_null_segment 32
#in cw=0x37e sw=0x8081
        fnstenv fs:[edi]
#code32 64d937
#out32 stop=sigsegv.0x80@0x0 rip=code
#case fnstenv_address 64
#in cw=0x37e sw=0x8081 rbp=0|0x800000000000
        fnstenv [rbp]
#code64 d97500
#out64 stop=sigsegv.0x1@0x0 rip=code
#out64 stop=sigbus.0x80@0x0 rip=code
#case fnsave_null_segment 32
#in cw=0x37e sw=0x8081
        fnsave fs:[edi]
#code32 64dd37
#out32 stop=sigsegv.0x80@0x0 rip=code
#case fnsave_address 64
#in cw=0x37e sw=0x8081 rbp=0|0x800000000000
        fnsave [rbp]
#code64 dd7500
#out64 stop=sigsegv.0x1@0x0 rip=code
#out64 stop=sigbus.0x80@0x0 rip=code
#case fxsave_null_segment 32
#in cw=0x37e sw=0x8081
        fxsave fs:[edi]
#code32 640fae07
#out32 stop=sigsegv.0x80@0x0 rip=code
#case fxsave_address 64
#in cw=0x37e sw=0x8081 rbp=0|0x800000000000
        fxsave [rbp]
#code64 0fae4500
#out64 stop=sigsegv.0x1@0x1ff rip=code
#out64 stop=sigbus.0x80@0x0 rip=code
#case fxrstor_null_segment 32
#in cw=0x37e sw=0x8081
        fxrstor fs:[edi]
#code32 640fae0f
#out32 stop=sigsegv.0x80@0x0 rip=code
#case fxrstor_address 64
#in cw=0x37e sw=0x8081 rbp=0|0x800000000000
        fxrstor [rbp]
#code64 0fae4d00
#out64 stop=sigsegv.0x1@0x1ff rip=code
#out64 stop=sigbus.0x80@0x0 rip=code
#case movq_mm_null_segment 32
#in cw=0x37e sw=0x8081
        movq mm0, qword ptr fs:[edi]
#code32 640f6f07
#out32 stop=sigfpe.0x7@code rip=code
#case movq_mm_address 64
#in cw=0x37e sw=0x8081 rbp=0|0x800000000000
        movq mm0, qword ptr [rbp]
#code64 0f6f4500
#out64 stop=sigfpe.0x7@code rip=code
#out64 stop=sigfpe.0x7@code rip=code
#case movd_store_null_segment 32
#in cw=0x37e sw=0x8081
        movd dword ptr fs:[edi], mm0
#code32 640f7e07
#out32 stop=sigfpe.0x7@code rip=code
#case movd_store_address 64
#in cw=0x37e sw=0x8081 rbp=0|0x800000000000
        movd dword ptr [rbp], mm0
#code64 0f7e4500
#out64 stop=sigfpe.0x7@code rip=code
#out64 stop=sigfpe.0x7@code rip=code
#case movq_store_null_segment 32
#in cw=0x37e sw=0x8081
        movq qword ptr fs:[edi], mm0
#code32 640f7f07
#out32 stop=sigfpe.0x7@code rip=code
#case movq_store_address 64
#in cw=0x37e sw=0x8081 rbp=0|0x800000000000
        movq qword ptr [rbp], mm0
#code64 0f7f4500
#out64 stop=sigfpe.0x7@code rip=code
#out64 stop=sigfpe.0x7@code rip=code
#case movntq_null_segment 32
#in cw=0x37e sw=0x8081
        movntq qword ptr fs:[edi], mm0
#code32 640fe707
#out32 stop=sigfpe.0x7@code rip=code
#case movntq_address 64
#in cw=0x37e sw=0x8081 rbp=0|0x800000000000
        movntq qword ptr [rbp], mm0
#code64 0fe74500
#out64 stop=sigfpe.0x7@code rip=code
#out64 stop=sigfpe.0x7@code rip=code
#case paddb_null_segment 32
#in cw=0x37e sw=0x8081
        paddb mm0, qword ptr fs:[edi]
#code32 640ffc07
#out32 stop=sigfpe.0x7@code rip=code
#case paddb_address 64
#in cw=0x37e sw=0x8081 rbp=0|0x800000000000
        paddb mm0, qword ptr [rbp]
#code64 0ffc4500
#out64 stop=sigfpe.0x7@code rip=code
#out64 stop=sigfpe.0x7@code rip=code
#case punpcklbw_null_segment 32
#in cw=0x37e sw=0x8081
        punpcklbw mm0, dword ptr fs:[edi]
#code32 640f6007
#out32 stop=sigfpe.0x7@code rip=code
#case punpcklbw_address 64
#in cw=0x37e sw=0x8081 rbp=0|0x800000000000
        punpcklbw mm0, dword ptr [rbp]
#code64 0f604500
#out64 stop=sigfpe.0x7@code rip=code
#out64 stop=sigfpe.0x7@code rip=code
#case pinsrw_null_segment 32
#in cw=0x37e sw=0x8081
        pinsrw mm0, word ptr fs:[edi], 1
#code32 640fc40701
#out32 stop=sigfpe.0x7@code rip=code
#case pinsrw_address 64
#in cw=0x37e sw=0x8081 rbp=0|0x800000000000
        pinsrw mm0, word ptr [rbp], 1
#code64 0fc4450001
#out64 stop=sigfpe.0x7@code rip=code
#out64 stop=sigfpe.0x7@code rip=code
#case pshufb_null_segment 32
#in cw=0x37e sw=0x8081
        pshufb mm0, qword ptr fs:[edi]
#code32 640f380007
#out32 stop=sigfpe.0x7@code rip=code
#case pshufb_address 64
#in cw=0x37e sw=0x8081 rbp=0|0x800000000000
        pshufb mm0, qword ptr [rbp]
#code64 0f38004500
#out64 stop=sigfpe.0x7@code rip=code
#out64 stop=sigfpe.0x7@code rip=code
#case pshufw_null_segment 32
#in cw=0x37e sw=0x8081
        pshufw mm0, qword ptr fs:[edi], 0
#code32 640f700700
#out32 stop=sigfpe.0x7@code rip=code
#case pshufw_address 64
#in cw=0x37e sw=0x8081 rbp=0|0x800000000000
        pshufw mm0, qword ptr [rbp], 0
#code64 0f70450000
#out64 stop=sigfpe.0x7@code rip=code
#out64 stop=sigfpe.0x7@code rip=code
#case cvtpi2ps_null_segment 32
#in cw=0x37e sw=0x8081
        cvtpi2ps xmm0, qword ptr fs:[edi]
#code32 640f2a07
#out32 stop=sigsegv.0x80@0x0 rip=code
#case cvtpi2ps_address 64
#in cw=0x37e sw=0x8081 rbp=0|0x800000000000
        cvtpi2ps xmm0, qword ptr [rbp]
#code64 0f2a4500
#out64 stop=sigsegv.0x1@0x0 rip=code
#out64 stop=sigbus.0x80@0x0 rip=code
#case cvtpi2pd_null_segment 32
#in cw=0x37e sw=0x8081
        cvtpi2pd xmm0, qword ptr fs:[edi]
#code32 64660f2a07
#out32 stop=sigsegv.0x80@0x0 rip=code
#case cvtpi2pd_address 64
#in cw=0x37e sw=0x8081 rbp=0|0x800000000000
        cvtpi2pd xmm0, qword ptr [rbp]
#code64 660f2a4500
#out64 stop=sigsegv.0x1@0x0 rip=code
#out64 stop=sigbus.0x80@0x0 rip=code
#case cvtps2pi_null_segment 32
#in cw=0x37e sw=0x8081
        cvtps2pi mm0, qword ptr fs:[edi]
#code32 640f2d07
#out32 stop=sigfpe.0x7@code rip=code
#case cvtps2pi_address 64
#in cw=0x37e sw=0x8081 rbp=0|0x800000000000
        cvtps2pi mm0, qword ptr [rbp]
#code64 0f2d4500
#out64 stop=sigfpe.0x7@code rip=code
#out64 stop=sigfpe.0x7@code rip=code
#case cvttpd2pi_null_segment 32
#in cw=0x37e sw=0x8081
        cvttpd2pi mm0, xmmword ptr fs:[edi]
#code32 64660f2c07
#out32 stop=sigfpe.0x7@code rip=code
#case cvttpd2pi_address 64
#in cw=0x37e sw=0x8081 rbp=0|0x800000000000
        cvttpd2pi mm0, xmmword ptr [rbp]
#code64 660f2c4500
#out64 stop=sigfpe.0x7@code rip=code
#out64 stop=sigfpe.0x7@code rip=code
#case palignr_null_segment 32
#in cw=0x37e sw=0x8081
        palignr mm0, qword ptr fs:[edi], 3
#code32 640f3a0f0703
#out32 stop=sigfpe.0x7@code rip=code
#case palignr_address 64
#in cw=0x37e sw=0x8081 rbp=0|0x800000000000
        palignr mm0, qword ptr [rbp], 3
#code64 0f3a0f450003
#out64 stop=sigfpe.0x7@code rip=code
#out64 stop=sigfpe.0x7@code rip=code
#case fld_m32_null_ds 32
#in cw=0x37e sw=0x8081|0
        mov ds, eax
        fld dword ptr [data]
#code32 8ed8d90500000002
#out32 stop=sigfpe.0x7@code+0x2 rip=code+0x2
#out32 stop=sigsegv.0x80@0x0 rip=code+0x2
#case fld_m32_faults 32
#in cw=0x37e sw=0x8081|0 flags=ac ebp=data+1|0|0xfffffffe|ro
        fld dword ptr [ebp]
#code32 d94500
#out32 stop=sigfpe.0x7@code rip=code
#out32 stop=sigfpe.0x7@code rip=code
#out32 stop=sigfpe.0x7@code rip=code
#out32 stop=sigfpe.0x7@code rip=code
#out32 stop=sigbus.0x1@0x0 rip=code
#out32 stop=sigsegv.0x1@0x0 rip=code
#out32 stop=sigbus.0x80@0x0 rip=code
#out32 sw=0x3800 used=0x80 r7=403c:c124070000000000
#case fstp_m80_null_ds 32
#in cw=0x37e sw=0x8081|0
        mov ds, eax
        fstp tbyte ptr [data]
#code32 8ed8db3d00000002
#out32 stop=sigfpe.0x7@code+0x2 rip=code+0x2
#out32 stop=sigsegv.0x80@0x0 rip=code+0x2
#case fstp_m80_faults 32
#in cw=0x37e sw=0x8081|0 flags=ac ebp=data+1|0|0xfffffffe|ro
        fstp tbyte ptr [ebp]
#code32 db7d00
#out32 stop=sigfpe.0x7@code rip=code
#out32 stop=sigfpe.0x7@code rip=code
#out32 stop=sigfpe.0x7@code rip=code
#out32 stop=sigfpe.0x7@code rip=code
#out32 stop=sigbus.0x1@0x0 rip=code
#out32 stop=sigsegv.0x1@0x0 rip=code
#out32 stop=sigbus.0x80@0x0 rip=code
#out32 stop=sigsegv.0x2@ro rip=code
#case fldenv_null_ds 32
#in cw=0x37e sw=0x8081|0
        mov ds, eax
        fldenv [data]
#code32 8ed8d92500000002
#out32 stop=sigfpe.0x7@code+0x2 rip=code+0x2
#out32 stop=sigsegv.0x80@0x0 rip=code+0x2
#case fldenv_faults 32
#in cw=0x37e sw=0x8081|0 flags=ac ebp=data+1|0|0xfffffffe|ro
        fldenv [ebp]
#code32 d96500
#out32 stop=sigfpe.0x7@code rip=code
#out32 stop=sigfpe.0x7@code rip=code
#out32 stop=sigfpe.0x7@code rip=code
#out32 stop=sigfpe.0x7@code rip=code
#out32 stop=sigbus.0x1@0x0 rip=code
#out32 stop=sigsegv.0x1@0x0 rip=code
#out32 stop=sigbus.0x80@0x0 rip=code
#out32 cw=0x447 sw=0x98fb used=0xd4
#case fnstcw_null_ds 32
#in cw=0x37e sw=0x8081|0
        mov ds, eax
        fnstcw word ptr [data]
#code32 8ed8d93d00000002
#out32 stop=sigsegv.0x80@0x0 rip=code+0x2
#out32 stop=sigsegv.0x80@0x0 rip=code+0x2
#case fnstcw_faults 32
#in cw=0x37e sw=0x8081|0 flags=ac ebp=data+1|0|0xfffffffe|ro
        fnstcw word ptr [ebp]
#code32 d97d00
#out32 stop=sigbus.0x1@0x0 rip=code
#out32 stop=sigsegv.0x1@0x0 rip=code
#out32 stop=sigsegv.0x1@0xfffffffe rip=code
#out32 stop=sigsegv.0x2@ro rip=code
#out32 stop=sigbus.0x1@0x0 rip=code
#out32 stop=sigsegv.0x1@0x0 rip=code
#out32 stop=sigsegv.0x1@0xfffffffe rip=code
#out32 stop=sigsegv.0x2@ro rip=code
#case fnstenv_null_ds 32
#in cw=0x37e sw=0x8081|0
        mov ds, eax
        fnstenv [data]
#code32 8ed8d93500000002
#out32 stop=sigsegv.0x80@0x0 rip=code+0x2
#out32 stop=sigsegv.0x80@0x0 rip=code+0x2
#case fnstenv_faults 32
#in cw=0x37e sw=0x8081|0 flags=ac ebp=data+1|0|0xfffffffe|ro
        fnstenv [ebp]
#code32 d97500
#out32 stop=sigbus.0x1@0x0 rip=code
#out32 stop=sigsegv.0x1@0x0 rip=code
#out32 stop=sigbus.0x80@0x0 rip=code
#out32 stop=sigsegv.0x2@ro rip=code
#out32 stop=sigbus.0x1@0x0 rip=code
#out32 stop=sigsegv.0x1@0x0 rip=code
#out32 stop=sigbus.0x80@0x0 rip=code
#out32 stop=sigsegv.0x2@ro rip=code
#case fxsave_null_ds 32
#in cw=0x37e sw=0x8081|0
        mov ds, eax
        fxsave [data]
#code32 8ed80fae0500000002
#out32 stop=sigsegv.0x80@0x0 rip=code+0x2
#out32 stop=sigsegv.0x80@0x0 rip=code+0x2
#case fxsave_faults 32
#in cw=0x37e sw=0x8081|0 flags=ac ebp=data+1|0|0xfffffffe|ro
        fxsave [ebp]
#code32 0fae4500
#out32 stop=sigbus.0x1@0x0 rip=code
#out32 stop=sigsegv.0x1@0x1ff rip=code
#out32 stop=sigbus.0x80@0x0 rip=code
#out32 stop=sigsegv.0x2@ro+0x1ff rip=code
#out32 stop=sigbus.0x1@0x0 rip=code
#out32 stop=sigsegv.0x1@0x1ff rip=code
#out32 stop=sigbus.0x80@0x0 rip=code
#out32 stop=sigsegv.0x2@ro+0x1ff rip=code
#case movq_mm_null_ds 32
#in cw=0x37e sw=0x8081|0
        mov ds, eax
        movq mm0, qword ptr [data]
#code32 8ed80f6f0500000002
#out32 stop=sigfpe.0x7@code+0x2 rip=code+0x2
#out32 stop=sigsegv.0x80@0x0 rip=code+0x2
#case movq_mm_faults 32
#in cw=0x37e sw=0x8081|0 flags=ac ebp=data+1|0|0xfffffffe|ro
        movq mm0, qword ptr [ebp]
#code32 0f6f4500
#out32 stop=sigfpe.0x7@code rip=code
#out32 stop=sigfpe.0x7@code rip=code
#out32 stop=sigfpe.0x7@code rip=code
#out32 stop=sigfpe.0x7@code rip=code
#out32 stop=sigbus.0x1@0x0 rip=code
#out32 stop=sigsegv.0x1@0x0 rip=code
#out32 stop=sigbus.0x80@0x0 rip=code
#out32 used=0xff r0=ffff:d2b5987b5e412407
#case movd_store_null_ds 32
#in cw=0x37e sw=0x8081|0
        mov ds, eax
        movd dword ptr [data], mm0
#code32 8ed80f7e0500000002
#out32 stop=sigfpe.0x7@code+0x2 rip=code+0x2
#out32 stop=sigsegv.0x80@0x0 rip=code+0x2
#case movd_store_faults 32
#in cw=0x37e sw=0x8081|0 flags=ac ebp=data+1|0|0xfffffffe|ro
        movd dword ptr [ebp], mm0
#code32 0f7e4500
#out32 stop=sigfpe.0x7@code rip=code
#out32 stop=sigfpe.0x7@code rip=code
#out32 stop=sigfpe.0x7@code rip=code
#out32 stop=sigfpe.0x7@code rip=code
#out32 stop=sigbus.0x1@0x0 rip=code
#out32 stop=sigsegv.0x1@0x0 rip=code
#out32 stop=sigbus.0x80@0x0 rip=code
#out32 stop=sigsegv.0x2@ro rip=code
#case fwait_then_null_ds 32
#in cw=0x37e sw=0x8081
        mov ds, eax
        fnstcw word ptr [data]
        fwait
#code32 8ed8d93d000000029b
#out32 stop=sigsegv.0x80@0x0 rip=code+0x2
#case fwait_before_null_ds 32
#in cw=0x37e sw=0x8081
        mov ds, eax
        fwait
        fnstcw word ptr [data]
#code32 8ed89bd93d00000002
#out32 stop=sigfpe.0x7@code+0x2 rip=code+0x2
#case obsolete_do_not_wait 32
#in cw=0x37e sw=0x8081
        mov ds, eax
        .byte 0xdb, 0xe0
        .byte 0xdb, 0xe1
        .byte 0xdb, 0xe4
        fnclex
        mov ebx, [data]
#code32 8ed8dbe0dbe1dbe4dbe28b1d00000002
#out32 stop=sigsegv.0x80@0x0 rip=code+0xa sw=0x0
#case maskmovq_null_ds 32
#in cw=0x37e sw=0x8081|0 edi=data st1=ffff:8000000000000000
        mov ds, eax
        maskmovq mm0, mm1
#code32 8ed80ff7c1
#out32 stop=sigfpe.0x7@code+0x2 rip=code+0x2
#out32 stop=sigsegv.0x80@0x0 rip=code+0x2 used=0xff
#case maskmovq_null_fs 32
#in cw=0x37e sw=0x8081|0 st1=ffff:8000000000000000
        .byte 0x64
        maskmovq mm0, mm1
#code32 640ff7c1
#out32 stop=sigfpe.0x7@code rip=code
#out32 stop=sigsegv.0x80@0x0 rip=code used=0xff
#case maskmovq_faults 32 64
#in cw=0x37e sw=0xb081|0x3000 edi=0|data.end-4|data-4|data.end-8|ro st1=ffff:0000000000000000|ffff:0000000000000080
        maskmovq mm0, mm1
#code32 0ff7c1
#out32 stop=sigfpe.0x7@code rip=code
#out32 stop=sigfpe.0x7@code rip=code
#out32 stop=sigfpe.0x7@code rip=code
#out32 stop=sigfpe.0x7@code rip=code
#out32 stop=sigfpe.0x7@code rip=code
#out32 stop=sigfpe.0x7@code rip=code
#out32 stop=sigfpe.0x7@code rip=code
#out32 stop=sigfpe.0x7@code rip=code
#out32 stop=sigfpe.0x7@code rip=code
#out32 stop=sigfpe.0x7@code rip=code
#out32 stop=sigsegv.0x1@0x0 rip=code sw=0x0 used=0xff
#out32 stop=sigsegv.0x1@0x0 rip=code sw=0x0 used=0xff
#out32 stop=sigsegv.0x1@data+0x2000 rip=code sw=0x0 used=0xff
#out32 stop=sigsegv.0x1@data+0x2000 rip=code sw=0x0 used=0xff
#out32 stop=sigsegv.0x1@0x1fffffc rip=code sw=0x0 used=0xff
#out32 stop=sigsegv.0x1@0x1fffffc rip=code sw=0x0 used=0xff
#out32 sw=0x0 used=0xff
#out32 sw=0x0 used=0xff
#out32 stop=sigsegv.0x2@ro rip=code sw=0x0 used=0xff
#out32 stop=sigsegv.0x2@ro rip=code sw=0x0 used=0xff
#code64 0ff7c1
#out64 stop=sigfpe.0x7@code rip=code
#out64 stop=sigfpe.0x7@code rip=code
#out64 stop=sigfpe.0x7@code rip=code
#out64 stop=sigfpe.0x7@code rip=code
#out64 stop=sigfpe.0x7@code rip=code
#out64 stop=sigfpe.0x7@code rip=code
#out64 stop=sigfpe.0x7@code rip=code
#out64 stop=sigfpe.0x7@code rip=code
#out64 stop=sigfpe.0x7@code rip=code
#out64 stop=sigfpe.0x7@code rip=code
#out64 stop=sigsegv.0x1@0x0 rip=code sw=0x0 used=0xff
#out64 stop=sigsegv.0x1@0x0 rip=code sw=0x0 used=0xff
#out64 stop=sigsegv.0x1@data+0x2000 rip=code sw=0x0 used=0xff
#out64 stop=sigsegv.0x1@data+0x2000 rip=code sw=0x0 used=0xff
#out64 stop=sigsegv.0x1@0x1fffffc rip=code sw=0x0 used=0xff
#out64 stop=sigsegv.0x1@0x1fffffc rip=code sw=0x0 used=0xff
#out64 sw=0x0 used=0xff
#out64 sw=0x0 used=0xff
#out64 stop=sigsegv.0x2@ro rip=code sw=0x0 used=0xff
#out64 stop=sigsegv.0x2@ro rip=code sw=0x0 used=0xff
#case maskmovdqu_faults 32 64
#in edi=0|data.end-4|data-0xc|data.end-0x10|ro xmm1=0|0x80000000
        maskmovdqu xmm0, xmm1
#code32 660ff7c1
#out32 stop=sigsegv.0x1@0x0 rip=code
#out32 stop=sigsegv.0x1@0x0 rip=code
#out32 stop=sigsegv.0x1@data+0x2000 rip=code
#out32 stop=sigsegv.0x1@data+0x2000 rip=code
#out32 stop=sigsegv.0x1@0x1fffff4 rip=code
#out32 stop=sigsegv.0x1@0x1fffff4 rip=code
#out32 -
#out32 -
#out32 stop=sigsegv.0x2@ro rip=code
#out32 stop=sigsegv.0x2@ro rip=code
#code64 660ff7c1
#out64 stop=sigsegv.0x1@0x0 rip=code
#out64 stop=sigsegv.0x1@0x0 rip=code
#out64 stop=sigsegv.0x1@data+0x2000 rip=code
#out64 stop=sigsegv.0x1@data+0x2000 rip=code
#out64 stop=sigsegv.0x1@0x1fffff4 rip=code
#out64 stop=sigsegv.0x1@0x1fffff4 rip=code
#out64 -
#out64 -
#out64 stop=sigsegv.0x2@ro rip=code
#out64 stop=sigsegv.0x2@ro rip=code
#case x87_before_sse 32 64
#in cw=0x37b sw=0x8084|0 mxcsr=0x1f00 xmm0=0x7f8000007f800000
        cvtps2pi mm0, xmm0
#code32 0f2dc0
#out32 stop=sigfpe.0x3@code rip=code
#out32 stop=sigfpe.0x7@code rip=code used=0xff mxcsr=0x1f01
#code64 0f2dc0
#out64 stop=sigfpe.0x3@code rip=code
#out64 stop=sigfpe.0x7@code rip=code used=0xff mxcsr=0x1f01
#case fnstenv_probes 32 64
#in edi=0|data.end-3|data.end-4|data.end-8|data-2
        fnstenv [edi]
#code32 d937
#out32 stop=sigsegv.0x1@0x0 rip=code
#out32 stop=sigsegv.0x1@data+0x2000 rip=code
#out32 stop=sigsegv.0x1@0x2002017 rip=code
#out32 stop=sigsegv.0x1@0x2002013 rip=code
#out32 stop=sigsegv.0x1@0x1fffffe rip=code
#code64 67d937
#out64 stop=sigsegv.0x1@0x0 rip=code
#out64 stop=sigsegv.0x1@data+0x2000 rip=code
#out64 stop=sigsegv.0x1@0x2002017 rip=code
#out64 stop=sigsegv.0x1@0x2002013 rip=code
#out64 stop=sigsegv.0x1@0x1fffffe rip=code
#case fnstenv_narrow_probes 32 64
#in edi=data.end-1|data.end-2|data-1
        .byte 0x66
        fnstenv [edi]
#code32 66d937
#out32 stop=sigsegv.0x1@data+0x2000 rip=code
#out32 stop=sigsegv.0x1@0x200200b rip=code
#out32 stop=sigsegv.0x1@0x1ffffff rip=code
#code64 6667d937
#out64 stop=sigsegv.0x1@data+0x2000 rip=code
#out64 stop=sigsegv.0x1@0x200200b rip=code
#out64 stop=sigsegv.0x1@0x1ffffff rip=code
#case fldenv_probes 32 64
#in edi=0|data.end-3|data.end-4|data.end-8|data-2
        fldenv [edi]
#code32 d927
#out32 stop=sigsegv.0x1@0x0 rip=code
#out32 stop=sigsegv.0x1@data+0x2000 rip=code
#out32 stop=sigsegv.0x1@0x2002017 rip=code
#out32 stop=sigsegv.0x1@0x2002013 rip=code
#out32 stop=sigsegv.0x1@0x1fffffe rip=code
#code64 67d927
#out64 stop=sigsegv.0x1@0x0 rip=code
#out64 stop=sigsegv.0x1@data+0x2000 rip=code
#out64 stop=sigsegv.0x1@0x2002017 rip=code
#out64 stop=sigsegv.0x1@0x2002013 rip=code
#out64 stop=sigsegv.0x1@0x1fffffe rip=code
#case fldenv_narrow_probes 32 64
#in edi=data.end-1|data.end-2|data-1
        .byte 0x66
        fldenv [edi]
#code32 66d927
#out32 stop=sigsegv.0x1@data+0x2000 rip=code
#out32 stop=sigsegv.0x1@0x200200b rip=code
#out32 stop=sigsegv.0x1@0x1ffffff rip=code
#code64 6667d927
#out64 stop=sigsegv.0x1@data+0x2000 rip=code
#out64 stop=sigsegv.0x1@0x200200b rip=code
#out64 stop=sigsegv.0x1@0x1ffffff rip=code
#case fnsave_probes 32 64
#in edi=0|data.end-3|data.end-4|data.end-8|data-2
        fnsave [edi]
#code32 dd37
#out32 stop=sigsegv.0x1@0x0 rip=code
#out32 stop=sigsegv.0x1@data+0x2000 rip=code
#out32 stop=sigsegv.0x1@0x2002067 rip=code
#out32 stop=sigsegv.0x1@0x2002063 rip=code
#out32 stop=sigsegv.0x1@0x1fffffe rip=code
#code64 67dd37
#out64 stop=sigsegv.0x1@0x0 rip=code
#out64 stop=sigsegv.0x1@data+0x2000 rip=code
#out64 stop=sigsegv.0x1@0x2002067 rip=code
#out64 stop=sigsegv.0x1@0x2002063 rip=code
#out64 stop=sigsegv.0x1@0x1fffffe rip=code
#case fnsave_narrow_probes 32 64
#in edi=data.end-1|data.end-2|data-1
        .byte 0x66
        fnsave [edi]
#code32 66dd37
#out32 stop=sigsegv.0x1@data+0x2000 rip=code
#out32 stop=sigsegv.0x1@0x200205b rip=code
#out32 stop=sigsegv.0x1@0x1ffffff rip=code
#code64 6667dd37
#out64 stop=sigsegv.0x1@data+0x2000 rip=code
#out64 stop=sigsegv.0x1@0x200205b rip=code
#out64 stop=sigsegv.0x1@0x1ffffff rip=code
#case frstor_probes 32 64
#in edi=0|data.end-3|data.end-4|data.end-8|data-2
        frstor [edi]
#code32 dd27
#out32 stop=sigsegv.0x1@0x0 rip=code
#out32 stop=sigsegv.0x1@data+0x2000 rip=code
#out32 stop=sigsegv.0x1@0x2002067 rip=code
#out32 stop=sigsegv.0x1@0x2002063 rip=code
#out32 stop=sigsegv.0x1@0x1fffffe rip=code
#code64 67dd27
#out64 stop=sigsegv.0x1@0x0 rip=code
#out64 stop=sigsegv.0x1@data+0x2000 rip=code
#out64 stop=sigsegv.0x1@0x2002067 rip=code
#out64 stop=sigsegv.0x1@0x2002063 rip=code
#out64 stop=sigsegv.0x1@0x1fffffe rip=code
#case frstor_narrow_probes 32 64
#in edi=data.end-1|data.end-2|data-1
        .byte 0x66
        frstor [edi]
#code32 66dd27
#out32 stop=sigsegv.0x1@data+0x2000 rip=code
#out32 stop=sigsegv.0x1@0x200205b rip=code
#out32 stop=sigsegv.0x1@0x1ffffff rip=code
#code64 6667dd27
#out64 stop=sigsegv.0x1@data+0x2000 rip=code
#out64 stop=sigsegv.0x1@0x200205b rip=code
#out64 stop=sigsegv.0x1@0x1ffffff rip=code
#case fxsave_not_aligned 64
#in rbp=0x800000000001|0x800000000000|data+1
        fxsave [rbp]
#code64 0fae4500
#out64 stop=sigbus.0x80@0x0 rip=code
#out64 stop=sigbus.0x80@0x0 rip=code
#out64 stop=sigsegv.0x80@0x0 rip=code
#case fxsave_not_aligned_by_base 32
#in ebp=0xfffffffe|0xfffffe00|data+1
        fxsave [ebp]
#code32 0fae4500
#out32 stop=sigbus.0x80@0x0 rip=code
#out32 stop=sigsegv.0x1@0xffffffff rip=code
#out32 stop=sigsegv.0x80@0x0 rip=code
