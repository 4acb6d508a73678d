# Bit tests with offsets outside the operand, scans, counts, CRC32.

#case bt_register_modulo 32 64
#in eax=0x80000001 ecx=0|31|32|63|-1
        bt      eax, ecx
#code32 0fa3c8
#out32 flags=cf undef=pf+af+sf+of
#out32 flags=cf undef=pf+af+sf+of
#out32 flags=cf undef=pf+af+sf+of
#out32 flags=cf undef=pf+af+sf+of
#out32 flags=cf undef=pf+af+sf+of
#code64 0fa3c8
#out64 flags=cf undef=pf+af+sf+of
#out64 flags=cf undef=pf+af+sf+of
#out64 flags=cf undef=pf+af+sf+of
#out64 flags=cf undef=pf+af+sf+of
#out64 flags=cf undef=pf+af+sf+of
#case bts_btr_btc_register_16 32 64
#in eax=0x8001 ecx=15|16|0x8f
        bts     ax, cx
        setc    dl
        btc     ax, 14
        btr     ax, 0
#code32 660fabc80f92c2660fbaf80e660fbaf000
#out32 eax=0xc000 edx=0x1 flags=cf undef=pf+af+sf+of
#out32 eax=0xc000 edx=0x1 flags=cf undef=pf+af+sf+of
#out32 eax=0xc000 edx=0x1 flags=cf undef=pf+af+sf+of
#code64 660fabc80f92c2660fbaf80e660fbaf000
#out64 rax=0xc000 rdx=0x1 flags=cf undef=pf+af+sf+of
#out64 rax=0xc000 rdx=0x1 flags=cf undef=pf+af+sf+of
#out64 rax=0xc000 rdx=0x1 flags=cf undef=pf+af+sf+of
#case bt_memory_offset_outside 32 64
#in edi=data+0x100 ecx=-1|-32|-2049|32|2047 [data]=ff [data+0xff]=80 [data+0x104]=01 [data+0x1ff]=80
        bt      dword ptr [edi], ecx
        setc    al
        bts     dword ptr [edi], ecx
#code32 0fa30f0f92c00fab0f
#out32 eax=0x1 flags=cf undef=pf+af+sf+of
#out32 [data+0xfc]=01 undef=pf+af+sf+of
#out32 stop=sigsegv.0x1@0x1fffffc rip=code
#out32 eax=0x1 flags=cf undef=pf+af+sf+of
#out32 eax=0x1 flags=cf undef=pf+af+sf+of
#code64 670fa30f0f92c0670fab0f
#out64 rax=0x1 flags=cf undef=pf+af+sf+of
#out64 [data+0xfc]=01 undef=pf+af+sf+of
#out64 stop=sigsegv.0x1@0x1fffffc rip=code
#out64 rax=0x1 flags=cf undef=pf+af+sf+of
#out64 rax=0x1 flags=cf undef=pf+af+sf+of
#case btc_memory_offset_16_bit 32 64
#in edi=data+0x100 ecx=0xffff8000|0x7fff|0x1000f
        lock btc word ptr [edi], cx
#code32 66f00fbb0f
#out32 stop=sigsegv.0x1@0x1fff100 rip=code
#out32 [data+0x10ff]=80 undef=pf+af+sf+of
#out32 [data+0x101]=80 undef=pf+af+sf+of
#code64 6766f00fbb0f
#out64 stop=sigsegv.0x1@0x1fff100 rip=code
#out64 [data+0x10ff]=80 undef=pf+af+sf+of
#out64 [data+0x101]=80 undef=pf+af+sf+of
#case btr_memory_offset_64_bit 64
#in rdi=data+0x100 rcx=-65|64|0x3fff [data+0xf0]=ffffffffffffffffffffffffffffffff
        lock btr qword ptr [rdi], rcx
#code64 f0480fb30f
#out64 flags=cf [data+0xf7]=7f undef=pf+af+sf+of
#out64 undef=pf+af+sf+of
#out64 undef=pf+af+sf+of
#case bts_immediate_stays_inside 32 64
#in edi=data
        bts     dword ptr [edi], 33
        bts     word ptr [edi+4], 31
#code32 0fba2f21660fba6f041f
#out32 [data]=020000000080 undef=pf+af+sf+of
#code64 670fba2f2167660fba6f041f
#out64 [data]=020000000080 undef=pf+af+sf+of
#case bt_memory_fault 32 64
#in edi=data.end ecx=-1|0
        bt      dword ptr [edi], ecx
#code32 0fa30f
#out32 undef=pf+af+sf+of
#out32 stop=sigsegv.0x1@data+0x2000 rip=code
#code64 670fa30f
#out64 undef=pf+af+sf+of
#out64 stop=sigsegv.0x1@data+0x2000 rip=code
#case bsf_bsr 32 64
#in eax=0|1|0x80000000|0x00010000 ecx=0xaaaaaaaa edx=0xbbbbbbbb
        bsf     ecx, eax
        setz    bl
        bsr     edx, eax
#code32 0fbcc80f94c30fbdd0
#out32 ebx=0x1 flags=zf undef=cf+pf+af+sf+of
#out32 ecx=0x0 edx=0x0 undef=cf+pf+af+sf+of
#out32 ecx=0x1f edx=0x1f undef=cf+pf+af+sf+of
#out32 ecx=0x10 edx=0x10 undef=cf+pf+af+sf+of
#code64 0fbcc80f94c30fbdd0
#out64 rbx=0x1 flags=zf undef=cf+pf+af+sf+of
#out64 rcx=0x0 rdx=0x0 undef=cf+pf+af+sf+of
#out64 rcx=0x1f rdx=0x1f undef=cf+pf+af+sf+of
#out64 rcx=0x10 rdx=0x10 undef=cf+pf+af+sf+of
#case bsf_zero_keeps_upper_half 64
#in rax=0 rcx=0xffffffff11111111
        bsf     ecx, eax
#code64 0fbcc8
#out64 flags=zf undef=cf+pf+af+sf+of
#case bsr_64 64
#in rax=0x8000000000000000|1|0
        bsr     rcx, rax
        setz    dl
#code64 480fbdc80f94c2
#out64 rcx=0x3f undef=cf+pf+af+sf+of
#out64 undef=cf+pf+af+sf+of
#out64 rdx=0x1 flags=zf undef=cf+pf+af+sf+of
#case tzcnt_lzcnt 32 64
#in eax=0|1|0x80000000|0x8000
        tzcnt   ecx, eax
        setc    bl
        lzcnt   dx, ax
#code32 f30fbcc80f92c366f30fbdd0
#out32 ecx=0x20 edx=0x10 ebx=0x1 flags=cf undef=pf+af+sf+of
#out32 edx=0xf undef=pf+af+sf+of
#out32 ecx=0x1f edx=0x10 flags=cf undef=pf+af+sf+of
#out32 ecx=0xf flags=zf undef=pf+af+sf+of
#code64 f30fbcc80f92c366f30fbdd0
#out64 rcx=0x20 rdx=0x10 rbx=0x1 flags=cf undef=pf+af+sf+of
#out64 rdx=0xf undef=pf+af+sf+of
#out64 rcx=0x1f rdx=0x10 flags=cf undef=pf+af+sf+of
#out64 rcx=0xf flags=zf undef=pf+af+sf+of
#case popcnt 32 64
#in eax=0|0xffffffff|0x80000001 flags=cf+of+sf+af+pf
        popcnt  ecx, eax
#code32 f30fb8c8
#out32 flags=zf
#out32 ecx=0x20 flags=none
#out32 ecx=0x2 flags=none
#code64 f30fb8c8
#out64 flags=zf
#out64 rcx=0x20 flags=none
#out64 rcx=0x2 flags=none
#case crc32 32 64
#in eax=0xffffffff ecx=0x12345678
        crc32   eax, cl
        crc32   eax, cx
        crc32   eax, ecx
#code32 f20f38f0c166f20f38f1c1f20f38f1c1
#out32 eax=0x28c14f46
#code64 f20f38f0c166f20f38f1c1f20f38f1c1
#out64 rax=0x28c14f46
#case movbe 32 64
#in eax=0x11223344 edi=data
        movbe   dword ptr [edi], eax
        movbe   cx, word ptr [edi]
#code32 0f38f107660f38f00f
#out32 ecx=0x1122 [data]=11223344
#code64 670f38f10767660f38f00f
#out64 rcx=0x1122 [data]=11223344
