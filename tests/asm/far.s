# Far branches, interrupt returns and 16-bit returns, as far as user code can do them; selector queries.

#case stack_fault_through_the_frame_pointer 64
#in rbp=0x8000000000000000 rdi=0x8000000000000000
        mov     eax, [rbp+8]
#code64 8b4508
#out64 stop=sigbus.0x80@0x0 rip=code
#case stack_fault_with_segment_override 64
#in rbp=0x8000000000000000
        .byte   0x3e
        mov     eax, [rbp+8]
#code64 3e8b4508
#out64 stop=sigbus.0x80@0x0 rip=code
#case stack_fault_with_fs_override 64
#in rbp=0x8000000000000000
        mov     eax, fs:[rbp+8]
#code64 648b4508
#out64 stop=sigsegv.0x80@0x0 rip=code
#case stack_fault_by_index_is_protection 64
#in rbp=0x8000000000000000
        mov     eax, [rax+rbp*1]
#code64 8b0428
#out64 stop=sigsegv.0x80@0x0 rip=code
#case stack_fault_of_each 64
#in rsp=0x8000000000000000
        pop     rax
#code64 58
#out64 stop=sigbus.0x80@0x0 rip=code
#case stack_fault_of_call 64
#in rsp=0x8000000000000000
        call    1f
1:      nop
#code64 e80000000090
#out64 stop=sigbus.0x80@0x0 rip=code
#case stack_fault_of_ret 64
#in rsp=0x8000000000000000
        ret
#code64 c3
#out64 stop=sigbus.0x80@0x0 rip=code
#case stack_fault_of_leave 64
#in rbp=0x8000000000000000
        leave
#code64 c9
#out64 stop=sigbus.0x80@0x0 rip=code
#case stack_fault_of_enter 64
#in rsp=0x8000000000000000
        enter   64, 0
#code64 c8400000
#out64 stop=sigbus.0x80@0x0 rip=code
#case stack_fault_of_pushf 64
#in rsp=0x8000000000000000
        pushf
#code64 9c
#out64 stop=sigbus.0x80@0x0 rip=code
#case push_of_bad_memory_is_protection 64
#in rax=0x8000000000000000
        push    [rax]
#code64 ff30
#out64 stop=sigsegv.0x80@0x0 rip=code
#case stack_fault_sse 64
#in rsp=0x8000000000000000
        movups  xmm0, [rsp]
#code64 0f100424
#out64 stop=sigbus.0x80@0x0 rip=code
#case ret_16_bit 32
#in [stack+0x800]=1111
        .byte   0x66
        ret
#code32 66c3
#out32 stop=sigsegv.0x1@0x1111 rip=0x1111 esp=0x3000802
#case ret_16_bit_immediate 32
#in [stack+0x800]=1111
        .byte   0x66
        ret     4
#code32 66c20400
#out32 stop=sigsegv.0x1@0x1111 rip=0x1111 esp=0x3000806
#case call_16_bit 32
        .byte   0x66,0xe8,2,0
#code32 66e80200
#out32 stop=sigsegv.0x1@0x6 rip=0x6 esp=0x30007fe [stack+0x7fe]=04
#case jmp_16_bit 32
        .byte   0x66,0xeb,2
#code32 66eb02
#out32 stop=sigsegv.0x1@0x5 rip=0x5
#case retf 32
#in [stack+0x800]=0800000123000000|0800000120000000|0800000100000000|080000012b000000|0800000124000000
        retf
        nop
        nop
        nop
        nop
        nop
        nop
        nop
        inc     eax
#code32 cb9090909090909040
#out32 eax=0x1 esp=0x3000808
#out32 stop=sigsegv.0x80@0x0 rip=code
#out32 stop=sigsegv.0x80@0x0 rip=code
#out32 stop=sigsegv.0x80@0x0 rip=code
#out32 stop=sigsegv.0x80@0x0 rip=code
#case retf_quad 64
#in [stack+0x800]=08000001000000003300000000000000|00000000000080003300000000000000
        rex.w retf
        nop
        nop
        nop
        nop
        nop
        nop
        nop
        inc     eax
#code64 48cb90909090909090ffc0
#out64 rax=0x1 rsp=0x3000810
#out64 stop=sigsegv.0x80@0x0 rip=code
#case retf_immediate 32
#in [stack+0x800]=0800000123000000
        retf    12
        nop
        nop
        nop
        nop
        nop
        inc     eax
#code32 ca0c00909090909040
#out32 eax=0x1 esp=0x3000814
#case far_jump_immediate 32
        .byte   0xea,9,0,0,1,0x23,0
        hlt
        hlt
        inc     eax
#code32 ea090000012300f4f440
#out32 eax=0x1
#case far_jump_kernel_selector 32
        .byte   0xea,9,0,0,1,0x20,0
        hlt
        hlt
        inc     eax
#code32 ea090000012000f4f440
#out32 eax=0x1
#case far_jump_bad_selectors 32
#in [data]=0900000100000000|090000012b000000|0900000110000000|0900000127000000|09000001ff000000|0900000163000000
        .byte   0xff,0x2d,0,0,0,2
        nop
        nop
        nop
        inc     eax
#code32 ff2d0000000290909040
#out32 stop=sigsegv.0x80@0x0 rip=code
#out32 stop=sigsegv.0x80@0x0 rip=code
#out32 stop=sigsegv.0x80@0x0 rip=code
#out32 stop=sigsegv.0x80@0x0 rip=code
#out32 stop=sigsegv.0x80@0x0 rip=code
#out32 stop=sigsegv.0x80@0x0 rip=code
#case far_call_immediate 32
        .byte   0x9a,9,0,0,1,0x23,0
        hlt
        hlt
        inc     eax
#code32 9a090000012300f4f440
#out32 eax=0x1 esp=0x30007f8 [stack+0x7f8]=0700000123
#case far_call_memory 32
#in [data]=0b00000123000000
        call    fword ptr [data]
        nop
        nop
        nop
        nop
        nop
        inc     eax
#code32 ff1d00000002909090909040
#out32 eax=0x1 esp=0x30007f8 [stack+0x7f8]=0600000123
#case far_call_memory_64 64
#in [data]=0b00000133000000
        call    fword ptr [data]
        nop
        nop
        nop
        nop
        inc     eax
#code64 ff1c250000000290909090ffc0
#out64 rax=0x1 rsp=0x30007f8 [stack+0x7f8]=0700000133
#case far_call_returns 32
#in [data]=0700000123000000
        call    fword ptr [data]
        int3
        retf
#code32 ff1d00000002cccb
#out32 rip=code+0x7 [stack+0x7f8]=0600000123
#case iret 32
#in [stack+0x800]=030000012300000002020000|0300000123000000d70a0000|030000012300000003320000|030000012000000002020000 flags=cf
        iretd
        nop
        nop
        inc     eax
#code32 cf909040
#out32 eax=0x1 esp=0x300080c flags=none
#out32 eax=0x1 esp=0x300080c
#out32 eax=0x1 esp=0x300080c
#out32 stop=sigsegv.0x80@0x0 rip=code
#case iret_64 64
        push    0x2b
        push    0x03000720
        push    0x203
        push    0x33
        lea     rax, [rip+1f]
        push    rax
        rex.w iret
        int3
1:      inc     ecx
#code64 6a2b682007000368030200006a33488d05040000005048cfccffc1
#out64 rax=0x1000019 rcx=0x1 rsp=0x3000720 flags=cf [stack+0x7d8]=190000010000000033 [stack+0x7e8]=030200000000000020070003000000002b
#case iret_fault 32
#in esp=stack+0xff8
        iretd
#code32 cf
#out32 stop=sigsegv.0x1@stack+0x1000 rip=code
#case verr_verw 32 64
#in eax=0|0x2b|0x23|0x33|0x10|0x18|0x2c|0xffff|0x63|0x2a|0x28
        verr    ax
        setz    bl
        verw    ax
        setz    bh
#code32 0f00e00f94c30f00e80f94c7
#out32 -
#out32 ebx=0x101 flags=zf
#out32 ebx=0x1
#out32 ebx=0x1
#out32 -
#out32 -
#out32 -
#out32 -
#out32 -
#out32 ebx=0x101 flags=zf
#out32 ebx=0x101 flags=zf
#code64 0f00e00f94c30f00e80f94c7
#out64 -
#out64 rbx=0x101 flags=zf
#out64 rbx=0x1
#out64 rbx=0x1
#out64 -
#out64 -
#out64 -
#out64 -
#out64 -
#out64 rbx=0x101 flags=zf
#out64 rbx=0x101 flags=zf
#case lar_lsl 32 64
#in eax=0|0x2b|0x23|0x33|0x10|0x18|0x2c|0xffff|0x63|0x28
        mov     ebx, 0x11111111
        mov     ecx, 0x22222222
        lar     ebx, eax
        setz    dl
        lsl     ecx, eax
        setz    dh
#code32 bb11111111b9222222220f02d80f94c20f03c80f94c6
#out32 ecx=0x22222222 ebx=0x11111111
#out32 ecx=0xffffffff edx=0x101 ebx=0xcff300 flags=zf
#out32 ecx=0xffffffff edx=0x101 ebx=0xcffb00 flags=zf
#out32 ecx=0xffffffff edx=0x101 ebx=0xaffb00 flags=zf
#out32 ecx=0x22222222 ebx=0x11111111
#out32 ecx=0x22222222 ebx=0x11111111
#out32 ecx=0x22222222 ebx=0x11111111
#out32 ecx=0x22222222 ebx=0x11111111
#out32 ecx=0x22222222 ebx=0x11111111
#out32 ecx=0xffffffff edx=0x101 ebx=0xcff300 flags=zf
#code64 bb11111111b9222222220f02d80f94c20f03c80f94c6
#out64 rcx=0x22222222 rbx=0x11111111
#out64 rcx=0xffffffff rdx=0x101 rbx=0xcff300 flags=zf
#out64 rcx=0xffffffff rdx=0x101 rbx=0xcffb00 flags=zf
#out64 rcx=0xffffffff rdx=0x101 rbx=0xaffb00 flags=zf
#out64 rcx=0x22222222 rbx=0x11111111
#out64 rcx=0x22222222 rbx=0x11111111
#out64 rcx=0x22222222 rbx=0x11111111
#out64 rcx=0x22222222 rbx=0x11111111
#out64 rcx=0x22222222 rbx=0x11111111
#out64 rcx=0xffffffff rdx=0x101 rbx=0xcff300 flags=zf
#case lar_16_bit 32 64
#in eax=0x2b
        mov     ebx, 0x11111111
        mov     ecx, 0x22222222
        lar     bx, ax
        lsl     cx, ax
#code32 bb11111111b922222222660f02d8660f03c8
#out32 ecx=0x2222ffff ebx=0x1111f300 flags=zf
#code64 bb11111111b922222222660f02d8660f03c8
#out64 rcx=0x2222ffff rbx=0x1111f300 flags=zf
#case arpl 32
#in eax=0x20|0x23 ecx=3|0
        arpl    ax, cx
        arpl    [data], cx
#code32 63c8630d00000002
#out32 eax=0x23 flags=zf [data]=03
#out32 -
#out32 flags=zf [data]=03
#out32 -
#case arpl_fault 32
#in ecx=3
        arpl    [ro], cx
#code32 630d00000004
#out32 -
#case mov_to_cs 32 64
#in eax=0x23
        mov     cs, eax
#code32 8ec8
#out32 stop=sigill.0x2@code rip=code
#code64 8ec8
#out64 stop=sigill.0x2@code rip=code
#case smsw_sldt 32 64
#in eax=0x11111111 ecx=0x22222222 edx=0x33333333
        smsw    ax
        smsw    ecx
        smsw    [data]
        sldt    edx
        sldt    [data+4]
#code32 660f01e00f01e10f0125000000020f00c20f000504000002
#out32 eax=0x11110033 ecx=0x80050033 edx=0x0 [data]=33
#code64 660f01e00f01e10f012425000000020f00c20f00042504000002
#out64 rax=0x11110033 rcx=0x80050033 rdx=0x0 [data]=33
#case str_user 32 64
        str     ax
        str     ecx
        str     [data]
        sgdt    [data+0x10]
        sidt    [data+0x20]
#code32 660f00c80f00c90f000d000000020f0105100000020f010d20000002
#out32 eax=0x40 ecx=0x40 [data]=40 [data+0x14]=feff [data+0x24]=ffff
#code64 660f00c80f00c90f000c25000000020f010425100000020f010c2520000002
#out64 rax=0x40 rcx=0x40 [data]=40 [data+0x14]=feffffffffff [data+0x24]=ffffffffffff
# From code of one word size to that of the other, and back.
#case retf_to_64_bit_code 32
#in [stack+0x800]=0800000133000000 ecx=0x7fffffff
        retf
        nop
        nop
        nop
        nop
        nop
        nop
        nop
        .byte   0x48, 0xff, 0xc0
        .byte   0x48, 0x8d, 0x1d, 0, 0, 0, 0
        .byte   0x4c, 0x8d, 0x44, 0x09, 0x05
        .byte   0x44, 0x89, 0xc2
        push    edx
#code32 cb9090909090909048ffc0488d1d000000004c8d4409054489c252
#out32 eax=0x1 edx=0x3 ebx=0x1000012 [stack+0x800]=0300000000
#case far_jump_to_64_bit_code 32
        .byte   0xea
        .long   code+8
        .word   0x33
        nop
        .byte   0x48, 0xff, 0xc0
        .byte   0x41, 0xb9, 1, 0, 0, 0
        .byte   0x67, 0x89, 0x04, 0x25
        .long   data
#code32 ea0800000133009048ffc041b9010000006789042500000002
#out32 eax=0x1 [data]=01
#case far_jump_to_64_bit_code_and_back 32
#in [data+8]=0f0000012300 ebx=5
        .byte   0xea
        .long   code+8
        .word   0x33
        nop
        .byte   0xff, 0x2c, 0x25
        .long   data+8
        .byte   0x48
        inc     ebx
#code32 ea08000001330090ff2c25080000024843
#out32 eax=0xffffffff ebx=0x6 flags=pf
#case far_call_to_64_bit_code_returns 32
        .byte   0x9a
        .long   code+0x10
        .word   0x33
        inc     ebx
        jmp     1f
        nop
        nop
        nop
        nop
        nop
        nop
        .byte   0x48, 0xff, 0xc0
        retf
1:      inc     ecx
#code32 9a10000001330043eb0a90909090909048ffc0cb41
#out32 eax=0x1 ecx=0x1 ebx=0x1 [stack+0x7f8]=0700000123
#case retf_to_32_bit_code 64
#in rax=0xffffffff
        push    0x23
        push    code+0x10
        rex.w retf
        nop
        nop
        nop
        nop
        nop
        .byte   0x40
        .byte   0x48
        .byte   0x51
        .byte   0x5a
#code64 6a23681000000148cb90909090904048515a
#out64 [stack+0x7f0]=100000010000000023
#case retf_to_32_bit_code_too_far 64
#in [stack+0x800]=00000000010000002300000000000000
        rex.w retf
#code64 48cb
#out64 stop=sigsegv.0x80@0x0 rip=code
#case iret_to_32_bit_code 64
#in [stack+0x800]=0c0000010000000023000000000000000702000000000000000800030000000000 [stack+0x820]=2b00000000000000
        iretq
        nop
        nop
        nop
        nop
        nop
        nop
        nop
        nop
        nop
        nop
        .byte   0x40
#code64 48cf9090909090909090909040
#out64 rax=0x1 flags=cf
#case iret_to_64_bit_code 32
#in [stack+0x800]=080000013300000007020000
        iretd
        nop
        nop
        nop
        nop
        nop
        nop
        nop
        .byte   0x48, 0xff, 0xc0
#code32 cf9090909090909048ffc0
#out32 eax=0x1 esp=0x300080c flags=cf
#case iret_sets_alignment_check 32
#in [stack+0x800]=080000012300000002020400 edi=data+1
        iretd
        nop
        nop
        nop
        nop
        nop
        nop
        nop
        mov     eax, [edi]
#code32 cf909090909090908b07
#out32 stop=sigbus.0x1@0x0 rip=code+0x8 esp=0x300080c flags=ac
