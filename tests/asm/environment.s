# FNSTENV, FLDENV, FNSAVE, FRSTOR, FXSAVE, FXRSTOR: layouts, tags, instruction and operand pointers.

#case fnstenv_after_reset 32 64
        fninit
        fnstenv [data+0x100]
#code32 dbe3d93500010002
#out32 [data+0x100]=7f03ffff0000ffffffffffff [data+0x11a]=ffff
#code64 dbe3d9342500010002
#out64 [data+0x100]=7f03ffff0000ffffffffffff [data+0x11a]=ffff
#case fnstenv_after_register_form 32 64
#in st0=3fff:8000000000000000 st1=4000:8000000000000000
        fninit
        fld1
        fld1
        fadd    st, st(1)
        fnstenv [data+0x100]
#code32 dbe3d9e8d9e8d8c1d93500010002
#out32 sw=0x3000 used=0xc0 r6=4000:8000000000000000 r7=3fff:8000000000000000 [data+0x100]=7f03ffff0030ffffff0fffff060000012300c1 [data+0x11a]=ffff
#code64 dbe3d9e8d9e8d8c1d9342500010002
#out64 sw=0x3000 used=0xc0 r6=4000:8000000000000000 r7=3fff:8000000000000000 [data+0x100]=7f03ffff0030ffffff0fffff060000013300c1 [data+0x11a]=ffff
#case fnstenv_after_load 32 64
#in [data+8]=000000000000f83f edi=data
        fld     qword ptr [edi+8]
        fnstenv [data+0x100]
#code32 dd4708d93500010002
#out32 sw=0x3800 used=0x80 r7=3fff:c000000000000000 [data+0x100]=7f03ffff0038ffffff3fffff0000000123004705080000022b00ffff
#code64 67dd4708d9342500010002
#out64 sw=0x3800 used=0x80 r7=3fff:c000000000000000 [data+0x100]=7f03ffff0038ffffff3fffff0000000133004705080000020000ffff
#case fnstenv_operand_pointer_stays 32 64
        fninit
        fld     dword ptr [data+4]
        fld1
        fincstp
        fnstenv [data+0x100]
#code32 dbe3d90504000002d9e8d9f7d93500010002
#out32 sw=0x3800 used=0xc0 r6=3fff:8000000000000000 [data+0x100]=7f03ffff0038ffffff4fffff0a0000012300f701040000022b00ffff
#code64 dbe3d9042504000002d9e8d9f7d9342500010002
#out64 sw=0x3800 used=0xc0 r6=3fff:8000000000000000 [data+0x100]=7f03ffff0038ffffff4fffff0b0000013300f701040000020000ffff
#case fnstenv_stack_operand 32 64
        fninit
        fld     dword ptr [esp+4]
        fnstenv [data+0x100]
#code32 dbe3d9442404d93500010002
#out32 sw=0x3800 used=0x80 [data+0x100]=7f03ffff0038ffffff7fffff0200000123004401040800032b00ffff
#code64 dbe367d9442404d9342500010002
#out64 sw=0x3800 used=0x80 [data+0x100]=7f03ffff0038ffffff7fffff0200000133004401040800032b00ffff
#case fnstenv_control_instructions_keep_pointers 32 64
#in [data]=7f03
        fninit
        fld     dword ptr [data+4]
        fldcw   [data]
        fnstcw  [data+2]
        fnstsw  ax
        fnclex
        fwait
        fnstenv [data+0x100]
#code32 dbe3d90504000002d92d00000002d93d02000002dfe0dbe29bd93500010002
#out32 eax=0x3800 sw=0x3800 used=0x80 [data+0x2]=7f03 [data+0x100]=7f03ffff0038ffffff7fffff0200000123000501040000022b00ffff
#code64 dbe3d9042504000002d92c2500000002d93c2502000002dfe0dbe29bd9342500010002
#out64 rax=0x3800 sw=0x3800 used=0x80 [data+0x2]=7f03 [data+0x100]=7f03ffff0038ffffff7fffff0200000133000401040000020000ffff
#case fnstenv_mmx_keeps_pointers 32 64
        fninit
        fld     dword ptr [data+4]
        movq    mm0, [data+8]
        paddb   mm0, mm1
        emms
        fnstenv [data+0x100]
#code32 dbe3d905040000020f6f05080000020ffcc10f77d93500010002
#out32 r0=ffff:0000000000000000 [data+0x100]=7f03ffff0000ffffffffffff0200000123000501040000022b00ffff
#code64 dbe3d90425040000020f6f0425080000020ffcc10f77d9342500010002
#out64 r0=ffff:0000000000000000 [data+0x100]=7f03ffff0000ffffffffffff0200000133000401040000020000ffff
#case fnstenv_opcodes 32 64
        fninit
        fldz
        fldz
        fcomi   st, st(1)
        fnstenv [data+0x100]
        fucompp
        fnstenv [data+0x120]
        fld     tbyte ptr [data+0x10]
        fnstenv [data+0x140]
        fistp   word ptr [data+0x20]
        fnstenv [data+0x160]
#code32 dbe3d9eed9eedbf1d93500010002dae9d93520010002db2d10000002d93540010002df1d20000002d93560010002
#out32 flags=zf sw=0x4000 [data+0x100]=7f03ffff0030ffffff5fffff060000012300f103000000000000ffff000000007f03ffff0040ffffffffffff0e0000012300e902000000000000ffff000000007f03ffff0078ffffff7fffff1600000123002d03100000022b00ffff000000007f03ffff0040ffffffffffff2200000123001d07200000022b00ffff
#code64 dbe3d9eed9eedbf1d9342500010002dae9d9342520010002db2c2510000002d9342540010002df1c2520000002d9342560010002
#out64 flags=zf sw=0x4000 [data+0x100]=7f03ffff0030ffffff5fffff060000013300f103000000000000ffff000000007f03ffff0040ffffffffffff0f0000013300e902000000000000ffff000000007f03ffff0078ffffff7fffff1800000133002c03100000020000ffff000000007f03ffff0040ffffffffffff2600000133001c07200000020000ffff
#case fnstenv_after_stack_fault 32 64
        fninit
        fst     dword ptr [data+0x10]
        fnstenv [data+0x100]
#code32 dbe3d91510000002d93500010002
#out32 sw=0x41 [data+0x12]=c0ff [data+0x100]=7f03ffff4100ffffffffffff0200000123001501100000022b00ffff
#code64 dbe3d9142510000002d9342500010002
#out64 sw=0x41 [data+0x12]=c0ff [data+0x100]=7f03ffff4100ffffffffffff0200000133001401100000020000ffff
#case fnstenv_masks_exceptions 32 64
#in cw=0x340
        fnstenv [data+0x100]
        fnstcw  [data+0x80]
#code32 d93500010002d93d80000002
#out32 cw=0x37f [data+0x80]=7f03 [data+0x100]=4003ffff0000ffffffffffff [data+0x11a]=ffff
#code64 d9342500010002d93c2580000002
#out64 cw=0x37f [data+0x80]=7f03 [data+0x100]=4003ffff0000ffffffffffff [data+0x11a]=ffff
#case fnstenv_pointers_over_a_branch 32 64
        fninit
        fld     dword ptr [data+4]
        test    eax, eax
        jz      1f
        fldz
1:      nop
        jmp     2f
2:      fnstenv [data+0x100]
#code32 dbe3d9050400000285c07402d9ee90eb00d93500010002
#out32 flags=pf+zf sw=0x3800 used=0x80 [data+0x100]=7f03ffff0038ffffff7fffff0200000123000501040000022b00ffff undef=af
#code64 dbe3d904250400000285c07402d9ee90eb00d9342500010002
#out64 flags=pf+zf sw=0x3800 used=0x80 [data+0x100]=7f03ffff0038ffffff7fffff0200000133000401040000020000ffff undef=af
#case fnstenv_16_bit 32 64
        fninit
        fld     dword ptr [data+4]
        .byte   0x66
        fnstenv [data+0x100]
#code32 dbe3d9050400000266d93500010002
#out32 sw=0x3800 used=0x80 [data+0x100]=7f030038ff7f0200230004002b
#code64 dbe3d904250400000266d9342500010002
#out64 sw=0x3800 used=0x80 [data+0x100]=7f030038ff7f0200330004
#case fnstenv_tags 32 64
#in st0=0000:0000000000000000 st1=3fff:8000000000000000 st2=7fff:8000000000000000 st3=0000:0000000000000001 st4=3fff:0000000000000001 sw=0x1800 used=0xff
        fninit
        fincstp
        fnstenv [data+0x100]
#code32 dbe3d9f7d93500010002
#out32 sw=0x800 used=0x0 [data+0x100]=7f03ffff0008ffffffffffff020000012300f701000000000000ffff
#code64 dbe3d9f7d9342500010002
#out64 sw=0x800 used=0x0 [data+0x100]=7f03ffff0008ffffffffffff020000013300f701000000000000ffff
#case fldenv_fnstenv 32 64
#in [data]=7f03ffff4038ffffe41bffff78563412230055030df0adba2b00ffff
        fldenv  [data]
        fnstenv [data+0x100]
#code32 d92500000002d93500010002
#out32 sw=0x3840 used=0xe7 [data+0x100]=7f03ffff4038ffffd557ffff78563412230055030df0adba2b00ffff
#code64 d9242500000002d9342500010002
#out64 sw=0x3840 used=0xe7 [data+0x100]=7f03ffff4038ffffd557ffff78563412230055030df0adba2b00ffff
#case fldenv_tags_from_registers 32 64
#in [data]=7f03ffff0000ffff0000ffff78563412230055030df0adba2b00ffff|7f03ffff0000ffff55aaffff78563412230055030df0adba2b00ffff|7f03ffff0000ffffccccffff00000000000000000000000000000000 st0=0000:0000000000000000 st1=3fff:8000000000000000 st2=7fff:8000000000000000
        fldenv  [data]
        fnstenv [data+0x100]
#code32 d92500000002d93500010002
#out32 used=0xff [data+0x100]=7f03ffff0000ffff6155ffff78563412230055030df0adba2b00ffff
#out32 used=0xff [data+0x100]=7f03ffff0000ffff6155ffff78563412230055030df0adba2b00ffff
#out32 used=0x55 [data+0x100]=7f03ffff0000ffffedddffff [data+0x11a]=ffff
#code64 d9242500000002d9342500010002
#out64 used=0xff [data+0x100]=7f03ffff0000ffff6155ffff78563412230055030df0adba2b00ffff
#out64 used=0xff [data+0x100]=7f03ffff0000ffff6155ffff78563412230055030df0adba2b00ffff
#out64 used=0x55 [data+0x100]=7f03ffff0000ffffedddffff [data+0x11a]=ffff
#case fldenv_makes_pending 32 64
#in [data]=7d03ffff0100ffffffffffff00000000000000000000000000000000|4003ffff0100ffffffffffff00000000000000000000000000000000|7f03ffff8180ffffffffffff00000000000000000000000000000000
        fldenv  [data]
        fnstsw  ax
        fld1
#code32 d92500000002dfe0d9e8
#out32 eax=0x1 cw=0x37d sw=0x3801 used=0x80 r7=3fff:8000000000000000
#out32 stop=sigfpe.0x7@code+0x8 rip=code+0x8 eax=0x8081 cw=0x340 sw=0x8081
#out32 eax=0x1 sw=0x3801 used=0x80 r7=3fff:8000000000000000
#code64 d9242500000002dfe0d9e8
#out64 rax=0x1 cw=0x37d sw=0x3801 used=0x80 r7=3fff:8000000000000000
#out64 stop=sigfpe.0x7@code+0x9 rip=code+0x9 rax=0x8081 cw=0x340 sw=0x8081
#out64 rax=0x1 sw=0x3801 used=0x80 r7=3fff:8000000000000000
#case fldenv_16_bit 32 64
#in [data]=7f034038e41b7856230055030df0
        .byte   0x66
        fldenv  [data]
        fnstenv [data+0x100]
#code32 66d92500000002d93500010002
#out32 sw=0x3840 used=0xe7 [data+0x100]=7f03ffff4038ffffd557ffff7856000023000000550300000df0ffff
#code64 66d9242500000002d9342500010002
#out64 sw=0x3840 used=0xe7 [data+0x100]=7f03ffff4038ffffd557ffff7856000023000000550300000df0ffff
#case fldenv_fault_changes_nothing 32 64
#in sw=0x1800
        fldenv  [data+0x2000-20]
#code32 d925ec1f0002
#out32 stop=sigsegv.0x1@0x2002007 rip=code
#code64 d92425ec1f0002
#out64 stop=sigsegv.0x1@0x2002007 rip=code
#case fnsave_layout 32 64
#in st0=3fff:8000000000000001 st1=c000:8000000000000002 sw=0x3000 cw=0x27f [data+4]=0000803f
        fld     dword ptr [data+4]
        fnsave  [data+0x100]
        fnstenv [data+0x200]
#code32 d90504000002dd3500010002d93500020002
#out32 cw=0x37f sw=0x0 used=0x0 r5=3fff:8000000000000000 [data+0x100]=7f02ffff0028fffff5f3ffff0000000123000501040000022b00ffff [data+0x123]=80ff3f0100000000000080ff3f020000000000008000c0 [data+0x200]=7f03ffff0000ffffffffffff [data+0x21a]=ffff
#code64 d9042504000002dd342500010002d9342500020002
#out64 cw=0x37f sw=0x0 used=0x0 r5=3fff:8000000000000000 [data+0x100]=7f02ffff0028fffff5f3ffff0000000133000401040000020000ffff [data+0x123]=80ff3f0100000000000080ff3f020000000000008000c0 [data+0x200]=7f03ffff0000ffffffffffff [data+0x21a]=ffff
#case fnsave_16_bit 32 64
#in st0=3fff:8000000000000001 sw=0x3000
        fld     dword ptr [data+4]
        .byte   0x66
        fnsave  [data+0x100]
#code32 d9050400000266dd3500010002
#out32 sw=0x0 used=0x0 [data+0x100]=7f030028fdf70000230004002b [data+0x118]=0100000000000080ff3f
#code64 d904250400000266dd342500010002
#out64 sw=0x0 used=0x0 [data+0x100]=7f030028fdf70000330004 [data+0x118]=0100000000000080ff3f
#case fnsave_frstor 32 64
#in st0=3fff:8000000000000001 st1=c000:8000000000000002 sw=0x3000 cw=0x27f
        fnsave  [data+0x100]
        frstor  [data+0x100]
        fnstenv [data+0x200]
#code32 dd3500010002dd2500010002d93500020002
#out32 [data+0x100]=7f02ffff0030fffff5ffffff [data+0x11a]=ffff0100000000000080ff3f020000000000008000c0 [data+0x200]=7f02ffff0030fffff5ffffff [data+0x21a]=ffff
#code64 dd342500010002dd242500010002d9342500020002
#out64 [data+0x100]=7f02ffff0030fffff5ffffff [data+0x11a]=ffff0100000000000080ff3f020000000000008000c0 [data+0x200]=7f02ffff0030fffff5ffffff [data+0x21a]=ffff
#case fnsave_fault_changes_nothing 32 64
#in st0=3fff:8000000000000001 sw=0x3000
        fnsave  [data+0x2000-104]
#code32 dd35981f0002
#out32 stop=sigsegv.0x1@0x2002003 rip=code
#code64 dd3425981f0002
#out64 stop=sigsegv.0x1@0x2002003 rip=code
#case frstor_fault_changes_nothing 32 64
#in st0=3fff:8000000000000001 sw=0x3000
        frstor  [data+0x2000-104]
#code32 dd25981f0002
#out32 stop=sigsegv.0x1@0x2002003 rip=code
#code64 dd2425981f0002
#out64 stop=sigsegv.0x1@0x2002003 rip=code
#case frstor_pending 32 64
#in [data]=4003ffff0100ffff0000ffff0000000000000000
        frstor  [data]
        fnstsw  ax
        fwait
#code32 dd2500000002dfe09b
#out32 stop=sigfpe.0x7@code+0x8 rip=code+0x8 eax=0x8081 cw=0x340 sw=0x8081 used=0xff
#code64 dd242500000002dfe09b
#out64 stop=sigfpe.0x7@code+0x9 rip=code+0x9 rax=0x8081 cw=0x340 sw=0x8081 used=0xff
#case fxsave_layout 32 64
#in st0=3fff:8000000000000001 st1=c000:8000000000000002 sw=0x3000 cw=0x27f xmm0=0x1234 xmm7=0x5678 mxcsr=0x1fa0
        fxsave  [data+0x100]
        mov     byte ptr [data+0x11e], 0
#code32 0fae0500010002c6051e01000200
#out32 [data+0x100]=7f02003003 [data+0x118]=a01f0000ffff00000100000000000080ff3f000000000000020000000000008000c0 [data+0x1a0]=3412 [data+0x210]=7856
#code64 0fae042500010002c604251e01000200
#out64 [data+0x100]=7f02003003 [data+0x118]=a01f0000ffff00000100000000000080ff3f000000000000020000000000008000c0 [data+0x1a0]=3412 [data+0x210]=7856
#case fxsave_pending_pointers 32 64
#in cw=0x37b [data+4]=00000000 st0=3fff:8000000000000001
        fdiv    dword ptr [data+4]
        fxsave  [data+0x100]
        mov     byte ptr [data+0x11e], 0
#code32 d835040000020fae0500010002c6051e01000200
#out32 sw=0x8084 [data+0x100]=7b038480010035000000000123000000040000022b000000801f0000ffff00000100000000000080ff3f
#code64 d83425040000020fae042500010002c604251e01000200
#out64 sw=0x8084 [data+0x100]=7b0384800100340000000001330000000400000200000000801f0000ffff00000100000000000080ff3f
#case fxsave_no_pending_no_pointers 32 64
#in [data+4]=00000000 st0=3fff:8000000000000001
        fdiv    dword ptr [data+4]
        fxsave  [data+0x100]
        mov     byte ptr [data+0x11e], 0
#code32 d835040000020fae0500010002c6051e01000200
#out32 sw=0x4 r0=7fff:8000000000000000 [data+0x100]=7f03040001 [data+0x118]=801f0000ffff [data+0x127]=80ff7f
#code64 d83425040000020fae042500010002c604251e01000200
#out64 sw=0x4 r0=7fff:8000000000000000 [data+0x100]=7f03040001 [data+0x118]=801f0000ffff [data+0x127]=80ff7f
#case fxsave_misaligned 32 64
        fxsave  [data+8]
#code32 0fae0508000002
#out32 stop=sigsegv.0x80@0x0 rip=code
#code64 0fae042508000002
#out64 stop=sigsegv.0x80@0x0 rip=code
#case fxsave_read_only 32 64
        fxsave  [ro]
#code32 0fae0500000004
#out32 stop=sigsegv.0x2@ro+0x1ff rip=code
#code64 0fae042500000004
#out64 stop=sigsegv.0x2@ro+0x1ff rip=code
#case fxsave_over_the_end 32 64
        fxsave  [data+0x2000-256]
#code32 0fae05001f0002
#out32 stop=sigsegv.0x1@0x20020ff rip=code
#code64 0fae0425001f0002
#out64 stop=sigsegv.0x1@0x20020ff rip=code
#case fxrstor_layout 32 64
#in [data+0x100]=7f024008f1005503785634120000000023010df0adba0000 [data+0x118]=a01f0000ffff0000 [data+0x120]=0100000000000080ff3f [data+0x130]=0200000000000080ffbf [data+0x1a0]=78563412 [data+0x210]=11223344
        fxrstor [data+0x100]
        fnstenv [data+0x400]
#code32 0fae0d00010002d93500040002
#out32 cw=0x27f sw=0x840 used=0xf1 r1=3fff:8000000000000001 r2=bfff:8000000000000002 xmm0=0x12345678 xmm7=0x44332211 mxcsr=0x1fa0 [data+0x400]=7f02ffff4008fffffd55ffff785634120000550323010df0adbaffff
#code64 0fae0c2500010002d9342500040002
#out64 cw=0x27f sw=0x840 used=0xf1 r1=3fff:8000000000000001 r2=bfff:8000000000000002 xmm0=0x12345678 xmm7=0x44332211 mxcsr=0x1fa0 [data+0x400]=7f02ffff4008fffffd55ffff785634120000550323010df0adbaffff
#case fxrstor_pending 32 64
#in [data+0x100]=40030100ff005503785634120000000023010df0adba0000 [data+0x118]=801f0000
        fxrstor [data+0x100]
        fnstsw  ax
        fnstenv [data+0x400]
        fld1
#code32 0fae0d00010002dfe0d93500040002d9e8
#out32 eax=0x8081 sw=0x3a41 used=0xff r7=ffff:c000000000000000 [data+0x400]=4003ffff8180ffff5555ffff785634120000550323010df0adbaffff
#code64 0fae0c2500010002dfe0d9342500040002d9e8
#out64 rax=0x8081 sw=0x3a41 used=0xff r7=ffff:c000000000000000 [data+0x400]=4003ffff8180ffff5555ffff785634120000550323010df0adbaffff
#case fxrstor_reserved_mxcsr 32 64
#in [data+0x118]=00000400 sw=0x3000
        fxrstor [data+0x100]
#code32 0fae0d00010002
#out32 stop=sigsegv.0x80@0x0 rip=code
#code64 0fae0c2500010002
#out64 stop=sigsegv.0x80@0x0 rip=code
#case fxrstor_misaligned 32 64
        fxrstor [data+8]
#code32 0fae0d08000002
#out32 stop=sigsegv.0x80@0x0 rip=code
#code64 0fae0c2508000002
#out64 stop=sigsegv.0x80@0x0 rip=code
#case fxrstor_fault 32 64
#in sw=0x3000
        fxrstor [data+0x2000-256]
#code32 0fae0d001f0002
#out32 stop=sigsegv.0x1@0x20020ff rip=code
#code64 0fae0c25001f0002
#out64 stop=sigsegv.0x1@0x20020ff rip=code
#case fxsave_fxrstor 32 64
#in st0=3fff:8000000000000001 st1=c000:8000000000000002 sw=0x3000 cw=0x27f xmm0=0x1234 xmm7=0x5678 mxcsr=0x1fa0
        fxsave  [data+0x200]
        mov     byte ptr [data+0x21e], 0
        fninit
        pxor    xmm0, xmm0
        pxor    xmm7, xmm7
        fxrstor [data+0x200]
#code32 0fae0500020002c6051e02000200dbe3660fefc0660fefff0fae0d00020002
#out32 [data+0x200]=7f02003003 [data+0x218]=a01f0000ffff00000100000000000080ff3f000000000000020000000000008000c0 [data+0x2a0]=3412 [data+0x310]=7856
#code64 0fae042500020002c604251e02000200dbe3660fefc0660fefff0fae0c2500020002
#out64 [data+0x200]=7f02003003 [data+0x218]=a01f0000ffff00000100000000000080ff3f000000000000020000000000008000c0 [data+0x2a0]=3412 [data+0x310]=7856
#case ldmxcsr_reserved 32 64
#in [data]=00000400|ffff0000|c01f0000
        ldmxcsr [data]
#code32 0fae1500000002
#out32 stop=sigsegv.0x80@0x0 rip=code
#out32 mxcsr=0xffff
#out32 mxcsr=0x1fc0
#code64 0fae142500000002
#out64 stop=sigsegv.0x80@0x0 rip=code
#out64 mxcsr=0xffff
#out64 mxcsr=0x1fc0
