# Single step by TF: where the trap comes, what it leaves, and what holds it back.

#case step_after_iret 32
        pushfd
        or      dword ptr [esp], 0x100
        push    0x23
        push    offset 9f
        iretd
        hlt
        hlt
9:      inc     eax
        inc     eax
#code32 9c810c24000100006a236812000001cff4f44040
#out32 stop=sigtrap.0x2@0x0 rip=code+0x13 eax=0x1 flags=tf [stack+0x7f4]=12000001230000000203
#case step_after_iret_64 64
        mov     rbx, rsp
        push    0x2b
        push    rbx
        pushfq
        or      qword ptr [rsp], 0x100
        push    0x33
        push    offset 9f
        rex.w iret
        hlt
9:      inc     eax
        inc     eax
#code64 4889e36a2b539c48810c24000100006a33681900000148cff4ffc0ffc0
#out64 stop=sigtrap.0x2@0x0 rip=code+0x1b rax=0x1 rbx=0x3000800 flags=tf [stack+0x7d8]=190000010000000033 [stack+0x7e8]=0203 [stack+0x7f1]=080003000000002b
#case step_of_iret_that_clears_it 32
        pushfd
        push    0x23
        push    offset 9f
        pushfd
        or      dword ptr [esp], 0x100
        popfd
        iretd
        hlt
        hlt
9:      inc     eax
#code32 9c6a2368140000019c810c24000100009dcff4f440
#out32 stop=sigtrap.0x2@0x0 rip=code+0x14 [stack+0x7f0]=0203000014000001230000000202
#case step_of_iret_that_clears_it_64 64
        mov     rbx, rsp
        push    0x2b
        push    rbx
        pushfq
        push    0x33
        push    offset 9f
        pushfq
        or      qword ptr [rsp], 0x100
        popfq
        rex.w iret
        hlt
9:      inc     eax
#code64 4889e36a2b539c6a33681b0000019c48810c24000100009d48cff4ffc0
#out64 stop=sigtrap.0x2@0x0 rip=code+0x1b rbx=0x3000800 [stack+0x7d0]=02030000000000001b0000010000000033 [stack+0x7e8]=0202 [stack+0x7f1]=080003000000002b
#case step_of_a_faulting_iret 32
        push    0x202
        push    0x10
        push    0x1000
        pushfd
        or      dword ptr [esp], 0x100
        popfd
        iretd
#code32 68020200006a1068001000009c810c24000100009dcf
#out32 stop=sigsegv.0x80@0x0 rip=code+0x15 esp=0x30007f4 flags=tf [stack+0x7f0]=0203000000100000100000000202
#case step_of_popf_that_clears_it 32
        push    0x202
        push    0x302
        popfd
        popfd
        inc     eax
#code32 680202000068020300009d9d40
#out32 stop=sigtrap.0x2@0x0 rip=code+0xc [stack+0x7f8]=020300000202
#case step_of_popf_that_clears_it_64 64
        push    0x202
        push    0x302
        popfq
        popfq
        inc     eax
#code64 680202000068020300009d9dffc0
#out64 stop=sigtrap.0x2@0x0 rip=code+0xc [stack+0x7f0]=02030000000000000202
#case step_by_popf_16 32 64
        push    0x3020302
        .byte   0x66
        popf
        inc     eax
        inc     eax
#code32 6802030203669d4040
#out32 stop=sigtrap.0x2@0x0 rip=code+0x8 eax=0x1 esp=0x30007fe flags=tf [stack+0x7fc]=02030203
#code64 6802030203669dffc0ffc0
#out64 stop=sigtrap.0x2@0x0 rip=code+0x9 rax=0x1 rsp=0x30007fa flags=tf [stack+0x7f8]=02030203
#case step_of_pushf 32
        push    0x302
        popfd
        pushfd
        inc     eax
#code32 68020300009d9c40
#out32 stop=sigtrap.0x2@0x0 rip=code+0x7 esp=0x30007fc flags=tf [stack+0x7fc]=0203
#case step_of_pushf_64 64
        push    0x302
        popfq
        pushfq
        inc     eax
#code64 68020300009d9cffc0
#out64 stop=sigtrap.0x2@0x0 rip=code+0x7 rsp=0x30007f8 flags=tf [stack+0x7f8]=0203
#case step_held_back_by_mov_ss 32
#in ecx=0x2b
        push    0x302
        popfd
        mov     ss, ecx
        inc     eax
        inc     eax
#code32 68020300009d8ed14040
#out32 stop=sigtrap.0x2@0x0 rip=code+0x9 eax=0x1 flags=tf [stack+0x7fc]=0203
#case step_held_back_by_mov_ss_64 64
#in rcx=0x2b
        push    0x302
        popfq
        mov     ss, ecx
        inc     eax
        inc     eax
#code64 68020300009d8ed1ffc0ffc0
#out64 stop=sigtrap.0x2@0x0 rip=code+0xa rax=0x1 flags=tf [stack+0x7f8]=0203
#case step_held_back_by_mov_ss_from_memory 32 64
#in [data]=2b
        push    0x302
        popf
        mov     ss, [data]
        inc     eax
        inc     eax
#code32 68020300009d8e15000000024040
#out32 stop=sigtrap.0x2@0x0 rip=code+0xd eax=0x1 flags=tf [stack+0x7fc]=0203
#code64 68020300009d8e142500000002ffc0ffc0
#out64 stop=sigtrap.0x2@0x0 rip=code+0xf rax=0x1 flags=tf [stack+0x7f8]=0203
#case step_held_back_by_pop_ss 32
        push    0x2b
        push    0x302
        popfd
        pop     ss
        inc     eax
        inc     eax
#code32 6a2b68020300009d174040
#out32 stop=sigtrap.0x2@0x0 rip=code+0xa eax=0x1 flags=tf [stack+0x7f8]=020300002b
#case step_held_back_twice 32
#in ecx=0x2b
        push    0x302
        popfd
        mov     ss, ecx
        mov     ss, ecx
        inc     eax
        inc     eax
#code32 68020300009d8ed18ed14040
#out32 stop=sigtrap.0x2@0x0 rip=code+0xb eax=0x1 flags=tf [stack+0x7fc]=0203
#case step_held_back_before_a_fault 32 64
#in ecx=0x2b
        push    0x302
        popf
        mov     ss, ecx
        ud2
#code32 68020300009d8ed10f0b
#out32 stop=sigill.0x2@code+0x8 rip=code+0x8 flags=tf [stack+0x7fc]=0203
#code64 68020300009d8ed10f0b
#out64 stop=sigill.0x2@code+0x8 rip=code+0x8 flags=tf [stack+0x7f8]=0203
#case step_held_back_then_cleared 32 64
#in ecx=0x2b
        push    0x202
        push    0x302
        popf
        mov     ss, ecx
        popf
        inc     eax
#code32 680202000068020300009d8ed19d40
#out32 stop=sigtrap.0x2@0x0 rip=code+0xe [stack+0x7f8]=020300000202
#code64 680202000068020300009d8ed19dffc0
#out64 stop=sigtrap.0x2@0x0 rip=code+0xe [stack+0x7f0]=02030000000000000202
#case step_of_a_faulting_mov_ss 32 64
        push    0x302
        popf
        mov     ss, ecx
        inc     eax
#code32 68020300009d8ed140
#out32 stop=sigsegv.0x80@0x0 rip=code+0x6 flags=tf [stack+0x7fc]=0203
#code64 68020300009d8ed1ffc0
#out64 stop=sigsegv.0x80@0x0 rip=code+0x6 flags=tf [stack+0x7f8]=0203
#case step_of_lss 32
#in [data]=000800032b00
        push    0x302
        popfd
        lss     esp, [data]
        inc     eax
        inc     eax
#code32 68020300009d0fb225000000024040
#out32 stop=sigtrap.0x2@0x0 rip=code+0xd flags=tf [stack+0x7fc]=0203
#case step_of_mov_ds 32
#in ecx=0x2b|0
        push    0x302
        popfd
        mov     ds, ecx
        inc     eax
        inc     eax
#code32 68020300009d8ed94040
#out32 stop=sigtrap.0x2@0x0 rip=code+0x8 flags=tf [stack+0x7fc]=0203
#out32 stop=sigtrap.0x2@0x0 rip=code+0x8 flags=tf [stack+0x7fc]=0203
#case step_of_a_jump 32 64
        push    0x302
        popf
        jmp     1f
        inc     eax
1:      inc     ecx
#code32 68020300009deb014041
#out32 stop=sigtrap.0x2@0x0 rip=code+0x9 flags=tf [stack+0x7fc]=0203
#code64 68020300009deb02ffc0ffc1
#out64 stop=sigtrap.0x2@0x0 rip=code+0xa flags=tf [stack+0x7f8]=0203
#case step_of_branches 32 64
#in flags=none|zf
        jz      2f
        push    0x302
        popf
        jz      1f
        inc     eax
1:      inc     ecx
2:      push    0x342
        popf
        jz      1b
        inc     edx
#code32 740a68020300009d7401404168420300009d74f742
#out32 stop=sigtrap.0x2@0x0 rip=code+0xa flags=tf [stack+0x7fc]=0203
#out32 stop=sigtrap.0x2@0x0 rip=code+0xb flags=zf+tf [stack+0x7fc]=4203
#code64 740c68020300009d7402ffc0ffc168420300009d74f6ffc2
#out64 stop=sigtrap.0x2@0x0 rip=code+0xa flags=tf [stack+0x7f8]=0203
#out64 stop=sigtrap.0x2@0x0 rip=code+0xc flags=zf+tf [stack+0x7f8]=4203
#case step_of_a_call 32 64
        push    0x302
        popf
        call    1f
        inc     eax
1:      inc     ecx
#code32 68020300009de8010000004041
#out32 stop=sigtrap.0x2@0x0 rip=code+0xc esp=0x30007fc flags=tf [stack+0x7fc]=0b000001
#code64 68020300009de802000000ffc0ffc1
#out64 stop=sigtrap.0x2@0x0 rip=code+0xd rsp=0x30007f8 flags=tf [stack+0x7f8]=0b000001
#case step_of_a_return 32
        push    offset 9f
        push    0x302
        popfd
        ret
9:      inc     eax
#code32 680c00000168020300009dc340
#out32 stop=sigtrap.0x2@0x0 rip=code+0xc flags=tf [stack+0x7f8]=020300000c000001
#case step_of_a_far_return 32
        push    0x23
        push    offset 9f
        push    0x302
        popfd
        retf
9:      inc     eax
#code32 6a23680e00000168020300009dcb40
#out32 stop=sigtrap.0x2@0x0 rip=code+0xe flags=tf [stack+0x7f4]=020300000e00000123
#case step_of_a_far_jump_to_64_bit_code 32
        push    0x302
        popfd
        .byte   0xea
        .long   9f
        .word   0x33
9:      .byte   0x48,0xff,0xc0
#code32 68020300009dea0d000001330048ffc0
#out32 stop=sigtrap.0x2@0x0 rip=code+0xd flags=tf [stack+0x7fc]=0203
#case step_of_a_loop 32 64
#in ecx=2|1
        push    0x302
        popf
1:      loop    1b
        inc     eax
#code32 68020300009de2fe40
#out32 stop=sigtrap.0x2@0x0 rip=code+0x6 ecx=0x1 flags=tf [stack+0x7fc]=0203
#out32 stop=sigtrap.0x2@0x0 rip=code+0x8 ecx=0x0 flags=tf [stack+0x7fc]=0203
#code64 68020300009de2feffc0
#out64 stop=sigtrap.0x2@0x0 rip=code+0x6 rcx=0x1 flags=tf [stack+0x7f8]=0203
#out64 stop=sigtrap.0x2@0x0 rip=code+0x8 rcx=0x0 flags=tf [stack+0x7f8]=0203
#case step_of_each_repetition 32 64
#in ecx=3|1|0 esi=data edi=data+0x20 [data]=010203
        push    0x302
        popf
        rep movsb
        inc     eax
#code32 68020300009df3a440
#out32 stop=sigtrap.0x2@0x0 rip=code+0x6 ecx=0x2 esi=0x2000001 edi=0x2000021 flags=tf [data+0x20]=01 [stack+0x7fc]=0203
#out32 stop=sigtrap.0x2@0x0 rip=code+0x8 ecx=0x0 esi=0x2000001 edi=0x2000021 flags=tf [data+0x20]=01 [stack+0x7fc]=0203
#out32 stop=sigtrap.0x2@0x0 rip=code+0x8 flags=tf [stack+0x7fc]=0203
#code64 68020300009df3a4ffc0
#out64 stop=sigtrap.0x2@0x0 rip=code+0x6 rcx=0x2 rsi=0x2000001 rdi=0x2000021 flags=tf [data+0x20]=01 [stack+0x7f8]=0203
#out64 stop=sigtrap.0x2@0x0 rip=code+0x8 rcx=0x0 rsi=0x2000001 rdi=0x2000021 flags=tf [data+0x20]=01 [stack+0x7f8]=0203
#out64 stop=sigtrap.0x2@0x0 rip=code+0x8 flags=tf [stack+0x7f8]=0203
#case step_of_each_comparison 32 64
#in ecx=3 esi=data edi=data+0x20 [data]=010203 [data+0x20]=010303
        push    0x302
        popf
        repe cmpsb
        inc     eax
#code32 68020300009df3a640
#out32 stop=sigtrap.0x2@0x0 rip=code+0x6 ecx=0x2 esi=0x2000001 edi=0x2000021 flags=pf+zf+tf [stack+0x7fc]=0203
#code64 68020300009df3a6ffc0
#out64 stop=sigtrap.0x2@0x0 rip=code+0x6 rcx=0x2 rsi=0x2000001 rdi=0x2000021 flags=pf+zf+tf [stack+0x7f8]=0203
#case step_of_the_last_comparison 32 64
#in ecx=3 esi=data edi=data+0x20 [data]=020203 [data+0x20]=010303
        push    0x302
        popf
        repe cmpsb
        inc     eax
#code32 68020300009df3a640
#out32 stop=sigtrap.0x2@0x0 rip=code+0x8 ecx=0x2 esi=0x2000001 edi=0x2000021 flags=tf [stack+0x7fc]=0203
#code64 68020300009df3a6ffc0
#out64 stop=sigtrap.0x2@0x0 rip=code+0x8 rcx=0x2 rsi=0x2000001 rdi=0x2000021 flags=tf [stack+0x7f8]=0203
#case step_of_each_scan 32 64
#in ecx=3|2 eax=2 edi=data [data]=010203
        push    0x302
        popf
        repne scasb
        inc     eax
#code32 68020300009df2ae40
#out32 stop=sigtrap.0x2@0x0 rip=code+0x6 ecx=0x2 edi=0x2000001 flags=tf [stack+0x7fc]=0203
#out32 stop=sigtrap.0x2@0x0 rip=code+0x6 ecx=0x1 edi=0x2000001 flags=tf [stack+0x7fc]=0203
#code64 68020300009df2aeffc0
#out64 stop=sigtrap.0x2@0x0 rip=code+0x6 rcx=0x2 rdi=0x2000001 flags=tf [stack+0x7f8]=0203
#out64 stop=sigtrap.0x2@0x0 rip=code+0x6 rcx=0x1 rdi=0x2000001 flags=tf [stack+0x7f8]=0203
#case step_of_the_scan_that_finds 32 64
#in ecx=3 eax=1 edi=data [data]=010203
        push    0x302
        popf
        repne scasb
        inc     eax
#code32 68020300009df2ae40
#out32 stop=sigtrap.0x2@0x0 rip=code+0x8 ecx=0x2 edi=0x2000001 flags=pf+zf+tf [stack+0x7fc]=0203
#code64 68020300009df2aeffc0
#out64 stop=sigtrap.0x2@0x0 rip=code+0x8 rcx=0x2 rdi=0x2000001 flags=pf+zf+tf [stack+0x7f8]=0203
#case step_of_each_store_short_count 32 64
#in ecx=0x10002 edi=data eax=7
        push    0x302
        popf
        .byte   0x67
        rep stosb
        inc     eax
#code32 68020300009d67f3aa40
#out32 stop=sigsegv.0x1@0x0 rip=code+0x6 flags=tf [stack+0x7fc]=0203
#code64 68020300009d67f3aaffc0
#out64 stop=sigtrap.0x2@0x0 rip=code+0x6 rcx=0x10001 rdi=0x2000001 flags=tf [data]=07 [stack+0x7f8]=0203
#case step_of_a_faulting_repetition 32 64
#in ecx=3 edi=data.end-1|ro eax=7
        push    0x302
        popf
        rep stosb
        inc     eax
#code32 68020300009df3aa40
#out32 stop=sigtrap.0x2@0x0 rip=code+0x6 ecx=0x2 edi=0x2002000 flags=tf [data+0x1fff]=07 [stack+0x7fc]=0203
#out32 stop=sigsegv.0x2@ro rip=code+0x6 flags=tf [stack+0x7fc]=0203
#code64 68020300009df3aaffc0
#out64 stop=sigtrap.0x2@0x0 rip=code+0x6 rcx=0x2 rdi=0x2002000 flags=tf [data+0x1fff]=07 [stack+0x7f8]=0203
#out64 stop=sigsegv.0x2@ro rip=code+0x6 flags=tf [stack+0x7f8]=0203
#case step_of_a_repetition_with_alignment_check 32 64
#in ecx=3 edi=data|data+1 eax=7
        push    0x40302
        popf
        rep stosd
        inc     eax
#code32 68020304009df3ab40
#out32 stop=sigtrap.0x2@0x0 rip=code+0x6 ecx=0x2 edi=0x2000004 flags=tf+ac [data]=07 [stack+0x7fc]=020304
#out32 stop=sigbus.0x1@0x0 rip=code+0x6 flags=tf+ac [stack+0x7fc]=020304
#code64 68020304009df3abffc0
#out64 stop=sigtrap.0x2@0x0 rip=code+0x6 rcx=0x2 rdi=0x2000004 flags=tf+ac [data]=07 [stack+0x7f8]=020304
#out64 stop=sigbus.0x1@0x0 rip=code+0x6 flags=tf+ac [stack+0x7f8]=020304
#case step_of_a_fault_is_the_fault 32 64
#in edi=0x10
        push    0x302
        popf
        mov     eax, [edi]
        inc     eax
#code32 68020300009d8b0740
#out32 stop=sigsegv.0x1@0x10 rip=code+0x6 flags=tf [stack+0x7fc]=0203
#code64 68020300009d678b07ffc0
#out64 stop=sigsegv.0x1@0x10 rip=code+0x6 flags=tf [stack+0x7f8]=0203
#case step_of_a_division_fault 32 64
        push    0x302
        popf
        div     ecx
        inc     eax
#code32 68020300009df7f140
#out32 stop=sigfpe.0x1@code+0x6 rip=code+0x6 flags=tf [stack+0x7fc]=0203
#code64 68020300009df7f1ffc0
#out64 stop=sigfpe.0x1@code+0x6 rip=code+0x6 flags=tf [stack+0x7f8]=0203
#case step_of_undefined 32 64
        push    0x302
        popf
        ud2
#code32 68020300009d0f0b
#out32 stop=sigill.0x2@code+0x6 rip=code+0x6 flags=tf [stack+0x7fc]=0203
#code64 68020300009d0f0b
#out64 stop=sigill.0x2@code+0x6 rip=code+0x6 flags=tf [stack+0x7f8]=0203
#case step_of_int3 32 64
        push    0x302
        popf
        int3
        inc     eax
#code32 68020300009dcc40
#out32 rip=code+0x7 flags=tf [stack+0x7fc]=0203
#code64 68020300009dccffc0
#out64 rip=code+0x7 flags=tf [stack+0x7f8]=0203
#case step_of_into 32
#in flags=of
        push    0x302
        popfd
        into
        inc     eax
#code32 68020300009dce40
#out32 stop=sigtrap.0x2@0x0 rip=code+0x7 flags=tf [stack+0x7fc]=0203
#case step_of_into_taken 32
        push    0xb02
        popfd
        into
        inc     eax
#code32 68020b00009dce40
#out32 stop=sigsegv.0x80@0x0 rip=code+0x7 flags=tf+of [stack+0x7fc]=020b
#case step_of_a_system_call 32 64
#in eax=20
        push    0x302
        popf
        int     0x80
        inc     ecx
#code32 68020300009dcd8041
#out32 stop=syscall rip=code+0x8 flags=tf [stack+0x7fc]=0203
#code64 68020300009dcd80ffc1
#out64 stop=syscall rip=code+0x8 flags=tf [stack+0x7f8]=0203
#case step_of_syscall 64
#in eax=39
        push    0x302
        popfq
        syscall
        inc     ecx
#code64 68020300009d0f05ffc1
#out64 stop=syscall rip=code+0x8 rcx=0x1000008 r11=0x302 flags=tf [stack+0x7f8]=0203
#case step_of_helpers 32 64
#in eax=7 [data]=07
        push    0x302
        popf
        cmpxchg8b [data]
        inc     edi
#code32 68020300009d0fc70d0000000247
#out32 stop=sigtrap.0x2@0x0 rip=code+0xd flags=zf+tf [data]=00 [stack+0x7fc]=0203
#code64 68020300009d0fc70c2500000002ffc7
#out64 stop=sigtrap.0x2@0x0 rip=code+0xe flags=zf+tf [data]=00 [stack+0x7f8]=0203
#case step_of_an_atomic 32 64
#in ecx=5 [data]=07
        push    0x302
        popf
        lock xadd [data], ecx
        inc     eax
#code32 68020300009df00fc10d0000000240
#out32 stop=sigtrap.0x2@0x0 rip=code+0xe ecx=0x7 flags=pf+tf [data]=0c [stack+0x7fc]=0203
#code64 68020300009df00fc10c2500000002ffc0
#out64 stop=sigtrap.0x2@0x0 rip=code+0xf rcx=0x7 flags=pf+tf [data]=0c [stack+0x7f8]=0203
#case step_of_x87 32 64
        fninit
        push    0x302
        popf
        fldpi
        fld1
#code32 dbe368020300009dd9ebd9e8
#out32 stop=sigtrap.0x2@0x0 rip=code+0xa flags=tf sw=0x3800 used=0x80 r7=4000:c90fdaa22168c235 [stack+0x7fc]=0203
#code64 dbe368020300009dd9ebd9e8
#out64 stop=sigtrap.0x2@0x0 rip=code+0xa flags=tf sw=0x3800 used=0x80 r7=4000:c90fdaa22168c235 [stack+0x7f8]=0203
#case step_of_sse 32 64
#in xmm1=0x00000000000000003ff0000000000000
        push    0x302
        popf
        addsd   xmm0, xmm1
        addsd   xmm0, xmm1
#code32 68020300009df20f58c1f20f58c1
#out32 stop=sigtrap.0x2@0x0 rip=code+0xa flags=tf xmm0=0x3ff0000000000000 [stack+0x7fc]=0203
#code64 68020300009df20f58c1f20f58c1
#out64 stop=sigtrap.0x2@0x0 rip=code+0xa flags=tf xmm0=0x3ff0000000000000 [stack+0x7f8]=0203
#case step_of_a_misaligned_access_with_ac 32 64
#in edi=data+1
        push    0x40302
        popf
        mov     eax, [edi]
        inc     eax
#code32 68020304009d8b0740
#out32 stop=sigbus.0x1@0x0 rip=code+0x6 flags=tf+ac [stack+0x7fc]=020304
#code64 68020304009d678b07ffc0
#out64 stop=sigbus.0x1@0x0 rip=code+0x6 flags=tf+ac [stack+0x7f8]=020304
#case step_of_an_aligned_access_with_ac 32 64
#in edi=data [data]=05
        push    0x40302
        popf
        mov     eax, [edi]
        inc     eax
#code32 68020304009d8b0740
#out32 stop=sigtrap.0x2@0x0 rip=code+0x8 eax=0x5 flags=tf+ac [stack+0x7fc]=020304
#code64 68020304009d678b07ffc0
#out64 stop=sigtrap.0x2@0x0 rip=code+0x9 rax=0x5 flags=tf+ac [stack+0x7f8]=020304
#case step_of_code_that_changes_itself 32 64
#in edi=code
        push    0x302
        popf
        mov     byte ptr [edi+0x18], 0x40
        inc     ecx
#code32 68020300009dc647184041
#out32 stop=sigtrap.0x2@0x0 rip=code+0xa flags=tf [code+0x18]=40 [stack+0x7fc]=0203
#code64 68020300009d67c6471840ffc1
#out64 stop=sigtrap.0x2@0x0 rip=code+0xb flags=tf [code+0x18]=40 [stack+0x7f8]=0203
