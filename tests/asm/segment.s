# Null segments in 32-bit code, far pointer loads, and what 64-bit code makes of the same.

#case null_ds_read 32
#in eax=0|1|2|3|0x2b|0x2a
        mov     ds, eax
        mov     ebx, [data]
#code32 8ed88b1d00000002
#out32 stop=sigsegv.0x80@0x0 rip=code+0x2
#out32 stop=sigsegv.0x80@0x0 rip=code+0x2
#out32 stop=sigsegv.0x80@0x0 rip=code+0x2
#out32 stop=sigsegv.0x80@0x0 rip=code+0x2
#out32 -
#out32 -
#case null_ds_write 32
#in ecx=7
        mov     ds, eax
        mov     [data], ecx
        inc     edx
#code32 8ed8890d0000000242
#out32 stop=sigsegv.0x80@0x0 rip=code+0x2
#case null_ds_by_other_segments 32
        mov     ds, eax
        mov     ebx, es:[data]
        mov     ecx, ss:[data]
        mov     edx, cs:[code]
        mov     esi, [ebp+data]
        mov     edi, [esp]
        mov     eax, ds:[ebp+data]
#code32 8ed8268b1d00000002368b0d000000022e8b15000000018bb5000000028b3c243e8b8500000002
#out32 stop=sigsegv.0x80@0x0 rip=code+0x20 edx=0x8b26d88e
#case null_ds_read_and_modify 32
#in ecx=7
        mov     ds, eax
        add     [data], ecx
#code32 8ed8010d00000002
#out32 stop=sigsegv.0x80@0x0 rip=code+0x2
#case null_ds_locked 32
#in ecx=7
        mov     ds, eax
        lock xadd [data], ecx
#code32 8ed8f00fc10d00000002
#out32 stop=sigsegv.0x80@0x0 rip=code+0x2
#case null_ds_repaired 32
#in ecx=0x2b [data]=07
        mov     ds, eax
        mov     ds, ecx
        mov     ebx, [data]
        inc     edx
#code32 8ed88ed98b1d0000000242
#out32 edx=0x1 ebx=0x7
#case null_ds_saved_and_restored 32
#in [data]=07
        push    ds
        push    0
        pop     ds
        mov     edx, ds
        pop     ds
        mov     ebx, [data]
        mov     ecx, ds
#code32 1e6a001f8cda1f8b1d000000028cd9
#out32 ecx=0x2b ebx=0x7 [stack+0x7fc]=2b
#case null_ds_lea_and_nop 32
        mov     ds, eax
        lea     ebx, [data]
        nop     dword ptr [data]
        prefetcht0 [data]
        inc     ecx
#code32 8ed88d1d000000020f1f05000000020f180d0000000241
#out32 ecx=0x1 ebx=0x2000000
#case null_ds_push_and_call 32
        mov     ds, eax
        push    eax
        call    1f
1:      push    [data]
#code32 8ed850e800000000ff3500000002
#out32 stop=sigsegv.0x80@0x0 rip=code+0x8 esp=0x30007f8 [stack+0x7f8]=08000001
#case null_ds_call_through 32
#in [data]=00000001
        mov     ds, eax
        call    [data]
#code32 8ed8ff1500000002
#out32 stop=sigsegv.0x80@0x0 rip=code+0x2
#case null_ds_strings 32
#in esi=data edi=data+0x20 ecx=2|0 [data]=0102
        mov     ds, eax
        rep movsb
        inc     ebx
#code32 8ed8f3a443
#out32 stop=sigsegv.0x80@0x0 rip=code+0x2
#out32 ebx=0x1
#case null_ds_movs_one 32
#in esi=data edi=data+0x20 ecx=0 [data]=0102
        mov     ds, eax
        movsb
#code32 8ed8a4
#out32 stop=sigsegv.0x80@0x0 rip=code+0x2
#case null_ds_movs_by_es 32
#in esi=data edi=data+0x20 ecx=2 [data]=0102
        mov     ds, eax
        rep movsb es:[edi], es:[esi]
        inc     ebx
#code32 8ed826f3a443
#out32 ecx=0x0 ebx=0x1 esi=0x2000002 edi=0x2000022 [data+0x20]=0102
#case null_ds_stos 32
#in edi=data ecx=2
        mov     ds, eax
        rep stosb
        inc     ebx
#code32 8ed8f3aa43
#out32 ecx=0x0 ebx=0x1 edi=0x2000002
#case null_ds_scas 32
#in edi=data ecx=2
        mov     ds, eax
        repne scasb
        lodsb
#code32 8ed8f2aeac
#out32 stop=sigsegv.0x80@0x0 rip=code+0x4 ecx=0x1 edi=0x2000001 flags=pf+zf
#case null_es_movs 32
#in esi=data edi=data+0x20 [data]=0102
        mov     es, eax
        lodsb
        stosb
#code32 8ec0acaa
#out32 stop=sigsegv.0x80@0x0 rip=code+0x3 eax=0x1 esi=0x2000001
#case null_es_scas 32
#in edi=data
        mov     es, eax
        scasb
#code32 8ec0ae
#out32 stop=sigsegv.0x80@0x0 rip=code+0x2
#case null_es_cmps 32
#in esi=data edi=data
        mov     es, eax
        cmpsd
#code32 8ec0a7
#out32 stop=sigsegv.0x80@0x0 rip=code+0x2
#case null_ds_xlat 32
#in ebx=data
        mov     ds, eax
        xlatb
#code32 8ed8d7
#out32 stop=sigsegv.0x80@0x0 rip=code+0x2
#case null_ds_x87 32
        mov     ds, eax
        fld1
        fstp    qword ptr [data]
#code32 8ed8d9e8dd1d00000002
#out32 stop=sigsegv.0x80@0x0 rip=code+0x4 sw=0x3800 used=0x80 r7=3fff:8000000000000000
#case null_ds_x87_state 32
        mov     ds, eax
        fnstenv [data]
#code32 8ed8d93500000002
#out32 stop=sigsegv.0x80@0x0 rip=code+0x2
#case null_ds_sse 32
        mov     ds, eax
        xorps   xmm0, xmm1
        movups  xmm2, [data]
#code32 8ed80f57c10f101500000002
#out32 stop=sigsegv.0x80@0x0 rip=code+0x5
#case null_ds_sse_misaligned 32
        mov     ds, eax
        movaps  xmm2, [data+1]
#code32 8ed80f281501000002
#out32 stop=sigsegv.0x80@0x0 rip=code+0x2
#case null_ds_maskmov 32
#in edi=data xmm1=0
        mov     ds, eax
        maskmovdqu xmm0, xmm1
#code32 8ed8660ff7c1
#out32 stop=sigsegv.0x80@0x0 rip=code+0x2
#case null_ds_cmpxchg8b 32
        mov     ds, eax
        cmpxchg8b [data]
#code32 8ed80fc70d00000002
#out32 stop=sigsegv.0x80@0x0 rip=code+0x2
#case null_ds_bound 32
        mov     ds, eax
        bound   eax, [data]
#code32 8ed8620500000002
#out32 stop=sigsegv.0x80@0x0 rip=code+0x2
#case null_ds_unmapped_is_protection 32
        mov     ds, eax
        mov     ebx, [0x10]
#code32 8ed88b1d10000000
#out32 stop=sigsegv.0x80@0x0 rip=code+0x2
#case null_ds_division 32
        mov     ds, eax
        div     dword ptr [data]
#code32 8ed8f73500000002
#out32 stop=sigsegv.0x80@0x0 rip=code+0x2
#case null_ds_bit_test 32
        mov     ds, eax
        bt      [data], eax
#code32 8ed80fa30500000002
#out32 stop=sigsegv.0x80@0x0 rip=code+0x2
#case null_ds_cmov_not_taken 32
#in flags=none
        mov     ds, eax
        cmovz   ebx, [data]
#code32 8ed80f441d00000002
#out32 stop=sigsegv.0x80@0x0 rip=code+0x2
#case null_ds_loop 32
#in ecx=5
        push    ds
        mov     ds, eax
1:      inc     ebx
        mov     edx, cs:[code]
        dec     ecx
        jnz     1b
        pop     ds
        mov     edx, [data]
#code32 1e8ed8432e8b15000000014975f51f8b1500000002
#out32 ecx=0x0 ebx=0x5 flags=pf+zf [stack+0x7fc]=2b
#case null_ds_and_step 32
        mov     ds, eax
        push    0x302
        popfd
        mov     edx, [data]
#code32 8ed868020300009d8b1500000002
#out32 stop=sigsegv.0x80@0x0 rip=code+0x8 flags=tf [stack+0x7fc]=0203
#case null_ds_and_step_elsewhere 32
        mov     ds, eax
        push    0x302
        popfd
        mov     edx, ss:[data]
        inc     eax
#code32 8ed868020300009d368b150000000240
#out32 stop=sigtrap.0x2@0x0 rip=code+0xf flags=tf [stack+0x7fc]=0203
#case null_ds_and_alignment 32
        mov     ds, eax
        push    0x40202
        popfd
        mov     edx, [data+1]
#code32 8ed868020204009d8b1501000002
#out32 stop=sigsegv.0x80@0x0 rip=code+0x8 flags=ac [stack+0x7fc]=020204
#case null_gs_after_another 32
#in ecx=0x2b [data]=07
        mov     gs, ecx
        mov     ebx, gs:[data]
        mov     gs, eax
        mov     edx, [data]
        mov     edi, gs:[data]
#code32 8ee9658b1d000000028ee88b1500000002658b3d00000002
#out32 stop=sigsegv.0x80@0x0 rip=code+0x11 edx=0x7 ebx=0x7
#case null_fs_after_another 32
#in ecx=0x2b [data]=07
        mov     fs, ecx
        mov     ebx, fs:[data]
        mov     fs, eax
        mov     edx, [data]
        mov     edi, fs:[data]
#code32 8ee1648b1d000000028ee08b1500000002648b3d00000002
#out32 stop=sigsegv.0x80@0x0 rip=code+0x11 edx=0x7 ebx=0x7
#case null_fs_and_gs_from_the_start 32
#in edi=0|8
        mov     eax, fs:[edi]
#code32 648b07
#out32 stop=sigsegv.0x80@0x0 rip=code
#out32 stop=sigsegv.0x80@0x0 rip=code
#case null_gs_from_the_start 32
#in edi=0x14
        mov     eax, gs:[edi]
#code32 658b07
#out32 stop=sigsegv.0x80@0x0 rip=code
#case null_fs_gs_from_the_start_mapped 32
#in ecx=7 esi=data edi=0x2000010 [data]=0102030405060708
        mov     eax, fs:[data]
#code32 64a100000002
#out32 stop=sigsegv.0x80@0x0 rip=code
#case null_gs_from_the_start_mapped 32
#in [data]=0102030405060708
        inc     ecx
        mov     eax, [data]
        add     eax, gs:[data+4]
#code32 41a10000000265030504000002
#out32 stop=sigsegv.0x80@0x0 rip=code+0x6 eax=0x4030201 ecx=0x1
#case null_gs_store_from_the_start 32
#in ecx=7 esi=data edi=4
        mov     gs:[esi+edi*4+8], ecx
#code32 65894cbe08
#out32 stop=sigsegv.0x80@0x0 rip=code
#case null_gs_many_from_the_start 32
#in ecx=7
        lea     eax, gs:[data]
        nop     dword ptr gs:[data]
        prefetcht0 gs:[data]
        cmp     ecx, 7
        jne     1f
        push    gs:[data]
1:      inc     edx
#code32 658d0500000002650f1f0500000002650f180d0000000283f907750765ff350000000242
#out32 stop=sigsegv.0x80@0x0 rip=code+0x1c eax=0x2000000 flags=pf+zf
#case null_gs_loaded_on_the_way 32
#in ecx=0x2b|0 [data]=07
        mov     gs, ecx
        mov     eax, gs:[data]
        inc     edx
#code32 8ee965a10000000242
#out32 eax=0x7 edx=0x1
#out32 stop=sigsegv.0x80@0x0 rip=code+0x2
#case null_fs_not_gs 32
#in ecx=0x2b [data]=07
        mov     gs, ecx
        mov     eax, gs:[data]
        mov     edx, gs:[data]
        mov     ebx, fs:[data]
#code32 8ee965a100000002658b1500000002648b1d00000002
#out32 stop=sigsegv.0x80@0x0 rip=code+0xf eax=0x7 edx=0x7
#case null_gs_in_a_loop 32
#in ecx=0x2b edx=3 [data]=07
        mov     gs, ecx
1:      add     eax, gs:[data]
        inc     esi
        dec     edx
        jnz     1b
        xor     ecx, ecx
        mov     gs, ecx
        mov     edx, 3
        jmp     1b
#code32 8ee965030500000002464a75f531c98ee9ba03000000ebea
#out32 stop=sigsegv.0x80@0x0 rip=code+0x2 eax=0x15 ecx=0x0 esi=0x3 flags=pf+zf undef=af
#case null_fs_strings_from_the_start 32
#in esi=data edi=data+0x20 ecx=2|0 [data]=0102
        rep movsb es:[edi], fs:[esi]
        inc     ebx
#code32 64f3a443
#out32 stop=sigsegv.0x80@0x0 rip=code
#out32 ebx=0x1
#case null_gs_lods_from_the_start 32
#in esi=data ecx=0x10000 [data]=0102
        .byte   0x65,0x67,0xf3,0xac
        inc     ebx
        lods    al, gs:[esi]
#code32 6567f3ac4365ac
#out32 stop=sigsegv.0x80@0x0 rip=code+0x5 ebx=0x1
#case null_gs_xlat_from_the_start 32
#in ebx=data
        .byte   0x65
        xlatb
#code32 65d7
#out32 stop=sigsegv.0x80@0x0 rip=code
#case null_gs_x87_from_the_start 32
        fld1
        fstp    qword ptr gs:[data]
#code32 d9e865dd1d00000002
#out32 stop=sigsegv.0x80@0x0 rip=code+0x2 sw=0x3800 used=0x80 r7=3fff:8000000000000000
#case null_fs_sse_from_the_start 32
        movups  xmm2, fs:[data]
#code32 640f101500000002
#out32 stop=sigsegv.0x80@0x0 rip=code
#case null_fs_maskmov_from_the_start 32
#in edi=data xmm1=0
        .byte   0x64
        maskmovdqu xmm0, xmm1
#code32 64660ff7c1
#out32 stop=sigsegv.0x80@0x0 rip=code
#case null_gs_locked_from_the_start 32
#in ecx=1
        lock xadd gs:[data], ecx
#code32 65f00fc10d00000002
#out32 stop=sigsegv.0x80@0x0 rip=code
#case null_gs_call_through_from_the_start 32
#in [data]=00000001
        call    gs:[data]
#code32 65ff1500000002
#out32 stop=sigsegv.0x80@0x0 rip=code
#case null_gs_cmov_not_taken_from_the_start 32
#in flags=none
        cmovz   ebx, gs:[data]
#code32 650f441d00000002
#out32 stop=sigsegv.0x80@0x0 rip=code
#case null_gs_undefined_instruction_first 32
        .byte   0x65,0x0f,0xff,0x05,0,0,0,2
#code32 650fff0500000002
#out32 stop=sigill.0x2@code rip=code
#case null_gs_and_step_from_the_start 32
        push    0x302
        popfd
        mov     eax, gs:[data]
#code32 68020300009d65a100000002
#out32 stop=sigsegv.0x80@0x0 rip=code+0x6 flags=tf [stack+0x7fc]=0203
#case null_fs_gs_of_a_64_bit_program_in_32_bit_code 64
#in [stack+0x800]=0800000123000000
        retf
        nop
        nop
        nop
        nop
        nop
        nop
        nop
        .byte   0x65,0x8b,0x1d,0,0,0,2
#code64 cb90909090909090658b1d00000002
#out64 stop=sigsegv.0x80@0x0 rip=code+0x8 rsp=0x3000808
#case lds_les 32
#in [data]=443322112b00|4433221100000000|4433221163000000|4433221110000000
        les     eax, [data]
        mov     ebx, es
        lds     ecx, [data]
        mov     edx, ds
#code32 c405000000028cc3c50d000000028cda
#out32 eax=0x11223344 ecx=0x11223344 edx=0x2b ebx=0x2b
#out32 eax=0x11223344 ecx=0x11223344
#out32 stop=sigsegv.0x80@0x0 rip=code
#out32 stop=sigsegv.0x80@0x0 rip=code
#case lds_through_null 32
        mov     ds, eax
        lds     ecx, [data]
#code32 8ed8c50d00000002
#out32 stop=sigsegv.0x80@0x0 rip=code+0x2
#case lfs_lgs_lss 32
#in [data]=0008000300000000|000800032b000000|0008000323000000
        lfs     eax, [data]
        mov     ebx, fs
        lgs     ecx, [data]
        mov     edx, gs
        lss     esp, [data]
        mov     esi, ss
#code32 0fb405000000028ce30fb50d000000028cea0fb225000000028cd6
#out32 stop=sigsegv.0x80@0x0 rip=code+0x12 eax=0x3000800 ecx=0x3000800
#out32 eax=0x3000800 ecx=0x3000800 edx=0x2b ebx=0x2b esi=0x2b
#out32 stop=sigsegv.0x80@0x0 rip=code+0x12 eax=0x3000800 ecx=0x3000800 edx=0x23 ebx=0x23
#case lfs_lgs_lss_64 64
#in [data]=0008000300000000|000800032b000000|0008000323000000
        lfs     eax, [data]
        mov     ebx, fs
        lgs     ecx, [data]
        mov     edx, gs
        lss     esp, [data]
        mov     esi, ss
#code64 0fb40425000000028ce30fb50c25000000028cea0fb22425000000028cd6
#out64 stop=sigsegv.0x80@0x0 rip=code+0x14 rax=0x3000800 rcx=0x3000800
#out64 rax=0x3000800 rcx=0x3000800 rdx=0x2b rbx=0x2b rsi=0x2b
#out64 stop=sigsegv.0x80@0x0 rip=code+0x14 rax=0x3000800 rcx=0x3000800 rdx=0x23 rbx=0x23
#case lds_16_bit 32
#in [data]=44332b00
        .byte   0x66
        lds     eax, [data]
        mov     edx, ds
#code32 66c505000000028cda
#out32 eax=0x3344 edx=0x2b
#case pop_segments 32
#in ecx=0|0x2b|0x63|0x23|7
        push    ecx
        pop     es
        push    ecx
        pop     fs
        mov     ebx, es
        mov     edx, fs
#code32 5107510fa18cc38ce2
#out32 -
#out32 edx=0x2b ebx=0x2b [stack+0x7fc]=2b
#out32 stop=sigsegv.0x80@0x0 rip=code+0x1 esp=0x30007fc [stack+0x7fc]=63
#out32 edx=0x23 ebx=0x23 [stack+0x7fc]=23
#out32 stop=sigsegv.0x80@0x0 rip=code+0x1 esp=0x30007fc [stack+0x7fc]=07
#case pop_fs_gs_64 64
#in rcx=0|0x2b|0x63|0x23
        push    rcx
        pop     fs
        push    rcx
        pop     gs
        mov     ebx, fs
        mov     edx, gs
#code64 510fa1510fa98ce38cea
#out64 -
#out64 rdx=0x2b rbx=0x2b [stack+0x7f8]=2b
#out64 stop=sigsegv.0x80@0x0 rip=code+0x1 rsp=0x30007f8 [stack+0x7f8]=63
#out64 rdx=0x23 rbx=0x23 [stack+0x7f8]=23
#case null_segments_are_nothing_in_64_bit_code 64
#in [data]=07
        mov     ds, eax
        mov     es, eax
        mov     ebx, [data]
        mov     fs, eax
        mov     gs, eax
        mov     ecx, fs:[data]
        mov     edx, gs:[data]
#code64 8ed88ec08b1c25000000028ee08ee8648b0c2500000002658b142500000002
#out64 rcx=0x7 rdx=0x7 rbx=0x7
#case null_ds_carried_to_64_bit_code_and_back 32
#in [data]=07
        mov     ds, eax
        .byte   0xea,9,0,0,1,0x33,0
        .byte   0x8b,0x0c,0x25,0,0,0,2
        push    0x23
        push    offset 1f
        .byte   0x48
        retf
1:      mov     edx, es:[data]
        mov     edi, [data]
#code32 8ed8ea0900000133008b0c25000000026a23681900000148cb268b15000000028b3d00000002
#out32 stop=sigsegv.0x80@0x0 rip=code+0x20 ecx=0x7 edx=0x7 [stack+0x7f0]=190000010000000023
#case null_ds_in_32_bit_code_of_a_64_bit_program 64
#in [stack+0x800]=0800000123000000
        retf
        nop
        nop
        nop
        nop
        nop
        nop
        nop
        .byte   0x8b,0x1d,0,0,0,3
        .byte   0x8b,0x4c,0x24,0xf8
#code64 cb909090909090908b1d000000038b4c24f8
#out64 stop=sigsegv.0x80@0x0 rip=code+0x8 rsp=0x3000808
#case descriptors_asked_by_null 32 64
        mov     ebx, 0x11111111
        mov     ecx, 0x22222222
        lar     ebx, ax
        lsl     ecx, ax
        verr    ax
        verw    ax
#code32 bb11111111b9222222220f02d80f03c80f00e00f00e8
#out32 ecx=0x22222222 ebx=0x11111111
#code64 bb11111111b9222222220f02d80f03c80f00e00f00e8
#out64 rcx=0x22222222 rbx=0x11111111
#case descriptors_asked_through_null 32
        mov     ds, eax
        verr    [data]
#code32 8ed80f002500000002
#out32 stop=sigsegv.0x80@0x0 rip=code+0x2
#case selectors_stored_through_null 32
        mov     ds, eax
        mov     [data], ss
#code32 8ed88c1500000002
#out32 stop=sigsegv.0x80@0x0 rip=code+0x2
#case smsw_through_null 32
        mov     ds, eax
        smsw    [data]
#code32 8ed80f012500000002
#out32 stop=sigsegv.0x80@0x0 rip=code+0x2
