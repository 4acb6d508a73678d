# MMX: aliasing of the x87 registers, saturation, shifts past the width.

#case writes_set_top_tags_exponent 32 64
#in sw=0x1800 st0=3fff:8000000000000000 [data]=0102030405060708
        movq    mm3, qword ptr [data]
#code32 0f6f1d00000002
#out32 sw=0x0 used=0xff r3=ffff:0807060504030201
#code64 0f6f1c2500000002
#out64 sw=0x0 used=0xff r3=ffff:0807060504030201
#case reads_set_tags_too 32 64
#in sw=0x1800 st0=3fff:8000000000000000
        movq    qword ptr [data], mm0
#code32 0f7f0500000002
#out32 sw=0x0 used=0xff
#code64 0f7f042500000002
#out64 sw=0x0 used=0xff
#case emms 32 64
        pxor    mm0, mm0
        emms
#code32 0fefc00f77
#out32 r0=ffff:0000000000000000
#code64 0fefc00f77
#out64 r0=ffff:0000000000000000
#case x87_after_mmx 32 64
#in [data]=0102030405060708
        movq    mm7, qword ptr [data]
        fstp    tbyte ptr [data+16]
#code32 0f6f3d00000002db3d10000002
#out32 sw=0x800 used=0xfe r7=ffff:0807060504030201
#code64 0f6f3c2500000002db3c2510000002
#out64 sw=0x800 used=0xfe r7=ffff:0807060504030201
#case saturating 32 64
#in [data]=7f80ff00017f8000 [data+8]=01ff01ff80807f7f
        movq    mm0, qword ptr [data]
        movq    mm1, qword ptr [data+8]
        movq    mm2, mm0
        movq    mm3, mm0
        movq    mm4, mm0
        movq    mm5, mm0
        paddsb  mm2, mm1
        paddusb mm3, mm1
        psubsw  mm4, mm1
        psubusw mm5, mm1
#code32 0f6f05000000020f6f0d080000020f6fd00f6fd80f6fe00f6fe80fecd10fdcd90fe9e10fd9e9
#out32 used=0xff r0=ffff:00807f0100ff807f r1=ffff:7f7f8080ff01ff01 r2=ffff:7fffff81ff00807f r3=ffff:7fffff81ffffff80 r4=ffff:81017fff01fe817e r5=ffff:0000000000000000
#code64 0f6f0425000000020f6f0c25080000020f6fd00f6fd80f6fe00f6fe80fecd10fdcd90fe9e10fd9e9
#out64 used=0xff r0=ffff:00807f0100ff807f r1=ffff:7f7f8080ff01ff01 r2=ffff:7fffff81ff00807f r3=ffff:7fffff81ffffff80 r4=ffff:81017fff01fe817e r5=ffff:0000000000000000
#case pack_and_unpack 32 64
#in [data]=7f80ff00017f8000 [data+8]=01ff01ff80807f7f
        movq    mm0, qword ptr [data]
        movq    mm1, mm0
        movq    mm2, mm0
        packsswb mm0, qword ptr [data+8]
        packuswb mm1, qword ptr [data+8]
        punpcklbw mm2, dword ptr [data+8]
#code32 0f6f05000000020f6fc80f6fd00f6305080000020f670d080000020f601508000002
#out32 used=0xff r0=ffff:7f8080807f7f7f80 r1=ffff:ff00000080ffff00 r2=ffff:ff0001ffff80017f
#code64 0f6f0425000000020f6fc80f6fd00f630425080000020f670c25080000020f60142508000002
#out64 used=0xff r0=ffff:7f8080807f7f7f80 r1=ffff:ff00000080ffff00 r2=ffff:ff0001ffff80017f
#case shift_counts 32 64
#in [data]=0180018001800180 [data+8]=0f00000000000000|1000000000000000|0000000001000000|ffffffffffffffff
        movq    mm0, qword ptr [data]
        movq    mm1, mm0
        movq    mm2, mm0
        psllw   mm0, qword ptr [data+8]
        psraw   mm1, qword ptr [data+8]
        psrlq   mm2, qword ptr [data+8]
#code32 0f6f05000000020f6fc80f6fd00ff105080000020fe10d080000020fd31508000002
#out32 used=0xff r0=ffff:8000800080008000 r1=ffff:ffffffffffffffff r2=ffff:0001000300030003
#out32 used=0xff r0=ffff:0000000000000000 r1=ffff:ffffffffffffffff r2=ffff:0000800180018001
#out32 used=0xff r0=ffff:0000000000000000 r1=ffff:ffffffffffffffff r2=ffff:0000000000000000
#out32 used=0xff r0=ffff:0000000000000000 r1=ffff:ffffffffffffffff r2=ffff:0000000000000000
#code64 0f6f0425000000020f6fc80f6fd00ff10425080000020fe10c25080000020fd3142508000002
#out64 used=0xff r0=ffff:8000800080008000 r1=ffff:ffffffffffffffff r2=ffff:0001000300030003
#out64 used=0xff r0=ffff:0000000000000000 r1=ffff:ffffffffffffffff r2=ffff:0000800180018001
#out64 used=0xff r0=ffff:0000000000000000 r1=ffff:ffffffffffffffff r2=ffff:0000000000000000
#out64 used=0xff r0=ffff:0000000000000000 r1=ffff:ffffffffffffffff r2=ffff:0000000000000000
#case multiply 32 64
#in [data]=0180ff7f0300ffff [data+8]=ff7f0180feff0200
        movq    mm0, qword ptr [data]
        movq    mm1, mm0
        movq    mm2, mm0
        pmullw  mm0, qword ptr [data+8]
        pmulhw  mm1, qword ptr [data+8]
        pmaddwd mm2, qword ptr [data+8]
#code32 0f6f05000000020f6fc80f6fd00fd505080000020fe50d080000020ff51508000002
#out32 used=0xff r0=ffff:fffefffaffffffff r1=ffff:ffffffffc000c000 r2=ffff:fffffff88001fffe
#code64 0f6f0425000000020f6fc80f6fd00fd50425080000020fe50c25080000020ff5142508000002
#out64 used=0xff r0=ffff:fffefffaffffffff r1=ffff:ffffffffc000c000 r2=ffff:fffffff88001fffe
#case fault_changes_nothing 32 64
#in edi=0 sw=0x1800 st0=3fff:8000000000000000
        paddb   mm0, qword ptr [edi]
#code32 0ffc07
#out32 stop=sigsegv.0x1@0x0 rip=code
#code64 670ffc07
#out64 stop=sigsegv.0x1@0x0 rip=code
#case pending_exception_first 32 64
#in cw=0x37e sw=0x8081
        pxor    mm0, mm0
#code32 0fefc0
#out32 stop=sigfpe.0x7@code rip=code
#code64 0fefc0
#out64 stop=sigfpe.0x7@code rip=code
#case loop_in_registers 32 64
#in [data]=0102030405060708 [data+8]=fffefdfcfbfaf9f8
        movq    mm0, qword ptr [data]
        movq    mm1, qword ptr [data+8]
        mov     ecx, 5
1:      movq    mm2, mm0
        psrlq   mm2, 23
        psllq   mm0, 41
        pxor    mm0, mm2
        paddq   mm0, mm1
        packsswb mm1, mm0
        dec     ecx
        jnz     1b
        pmovmskb eax, mm1
        movq2dq xmm3, mm0
#code32 0f6f05000000020f6f0d08000002b9050000000f6fd00f73d2170f73f0290fefc20fd4c10f63c84975e90fd7c1f30fd6d8
#out32 eax=0xd flags=pf+zf used=0xff r0=ffff:322717f96e635647 r1=ffff:7f7f7f7f80807f80 r2=ffff:00000178eee2d5c7 xmm3=0x322717f96e635647
#code64 0f6f0425000000020f6f0c2508000002b9050000000f6fd00f73d2170f73f0290fefc20fd4c10f63c8ffc975e80fd7c1f30fd6d8
#out64 rax=0xd flags=pf+zf used=0xff r0=ffff:322717f96e635647 r1=ffff:7f7f7f7f80807f80 r2=ffff:00000178eee2d5c7 xmm3=0x322717f96e635647
#case x87_registers_beside_a_branch_to_mmx 32 64
#in st0=3fff:8000000000000001 st1=4000:c000000000000000
        xor     eax, eax
        jz      1f
        pxor    mm0, mm0
        pxor    mm7, mm7
1:      nop
        jmp     1f
1:      inc     eax
#code32 31c074060fefc00fefff90eb0040
#out32 eax=0x1
#code64 31c074060fefc00fefff90eb00ffc0
#out64 rax=0x1
