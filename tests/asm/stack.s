# PUSH and POP of the stack pointer itself, ENTER, LEAVE, PUSHA, flags, faults before effects.

#case push_esp 32
        push    esp
#code32 54
#out32 esp=0x30007fc [stack+0x7fd]=080003
#case pop_esp 32
#in [stack+0x800]=44332211
        pop     esp
#code32 5c
#out32 esp=0x11223344
#case push_rsp 64
        push    rsp
        pop     rbx
#code64 545b
#out64 rbx=0x3000800 [stack+0x7f9]=080003
#case pop_rsp 64
#in [stack+0x800]=8877665544332211
        pop     rsp
#code64 5c
#out64 rsp=0x1122334455667788
#case pop_memory_by_esp 32
#in [stack+0x800]=0102030405060708
        pop     dword ptr [esp+4]
#code32 8f442404
#out32 esp=0x3000804 [stack+0x808]=01020304
#case pop_memory_by_rsp 64
#in [stack+0x800]=0102030405060708
        pop     qword ptr [rsp+8]
#code64 8f442408
#out64 rsp=0x3000808 [stack+0x810]=0102030405060708
#case pop_memory_fault_keeps_rsp 32 64
#in edi=ro [stack+0x800]=0102030405060708
        pop     [edi]
#code32 8f07
#out32 stop=sigsegv.0x2@ro rip=code
#code64 678f07
#out64 stop=sigsegv.0x2@ro rip=code
#case push_fault_keeps_rsp 32 64
#in esp=stack
        push    1
#code32 6a01
#out32 stop=sigsegv.0x1@0x2fffffc rip=code
#code64 6a01
#out64 stop=sigsegv.0x1@0x2fffff8 rip=code
#case push_memory_fault 32 64
#in edi=0
        push    [edi]
#code32 ff37
#out32 stop=sigsegv.0x1@0x0 rip=code
#code64 67ff37
#out64 stop=sigsegv.0x1@0x0 rip=code
#case push_16 32 64
#in eax=0x11112222
        pushw   ax
        pushw   -2
        popw    cx
#code32 6650666afe6659
#out32 ecx=0xfffe esp=0x30007fe [stack+0x7fc]=feff2222
#code64 6650666afe6659
#out64 rcx=0xfffe rsp=0x30007fe [stack+0x7fc]=feff2222
#case call_memory_fault_before_push 32 64
#in edi=16
        call    [edi]
#code32 ff17
#out32 stop=sigsegv.0x1@0x10 rip=code
#code64 67ff17
#out64 stop=sigsegv.0x1@0x10 rip=code
#case call_push_fault 32 64
#in esp=stack
        call    1f
1:
#code32 e800000000
#out32 stop=sigsegv.0x1@0x2fffffc rip=code
#code64 e800000000
#out64 stop=sigsegv.0x1@0x2fffff8 rip=code
#case ret_immediate 32 64
#in [stack+0x800]=0500000100000000
        jmp     1f
        nop
        nop
        nop
        mov     al, 7
        int3
1:      ret     16
#code32 eb06909090b007ccc21000
#out32 rip=code+0x8 eax=0x7 esp=0x3000814
#code64 eb06909090b007ccc21000
#out64 rip=code+0x8 rax=0x7 rsp=0x3000818
#case enter_leave 32 64
#in ebp=stack+0x900 [stack+0x8e0]=000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f
        enter   24, 0
        enter   8, 1
        enter   8, 3
        leave
#code32 c8180000c8080001c8080003c9
#out32 esp=0x30007d4 ebp=0x30007e0 [stack+0x7c4]=d007000300000000e0070003e0070003 [stack+0x7dc]=e0070003fc070003 [stack+0x7fd]=090003
#code64 c8180000c8080001c8080003c9
#out64 rsp=0x30007c8 rbp=0x30007d8 [stack+0x7a8]=c0070003 [stack+0x7b8]=d807000300000000d8070003 [stack+0x7d0]=d807000300000000f8070003 [stack+0x7f9]=090003
#case pusha_popa 32
#in eax=1 ecx=2 edx=3 ebx=4 ebp=5 esi=6 edi=7
        pushad
        add     dword ptr [esp+12], 100
        xor     eax, eax
        popad
        pushaw
#code32 608344240c6431c0616660
#out32 esp=0x30007f0 flags=pf+zf [stack+0x7e0]=07000000060000000500000064080003070006000500000804000300020001 undef=af
#case pushf_bits 32 64
#in flags=cf+pf+af+zf+sf+df+of
        pushf
#code32 9c
#out32 esp=0x30007fc [stack+0x7fc]=d70e
#code64 9c
#out64 rsp=0x30007f8 [stack+0x7f8]=d70e
#case popf_all_user_bits 32
        push    -1 & ~0x100 & ~0x40000
        popfd
#code32 68fffefbff9d
#out32 flags=cf+pf+af+zf+sf+df+of+id [stack+0x7fc]=fffefbff
#case popf_all_user_bits_64 64
        push    0x7fbbeff
        popfq
#code64 68ffbefb079d
#out64 flags=cf+pf+af+zf+sf+df+of+id [stack+0x7f8]=ffbefb07
#case lahf_sahf 32 64
#in eax=0xd500|0x2a00|0xff00 flags=cf+of
        sahf
        setc    cl
        lahf
#code32 9e0f92c19f
#out32 eax=0xd700 ecx=0x1 flags=cf+pf+af+zf+sf+of
#out32 eax=0x200 flags=of
#out32 eax=0xd700 ecx=0x1 flags=cf+pf+af+zf+sf+of
#code64 9e0f92c19f
#out64 rax=0xd700 rcx=0x1 flags=cf+pf+af+zf+sf+of
#out64 rax=0x200 flags=of
#out64 rax=0xd700 rcx=0x1 flags=cf+pf+af+zf+sf+of
#case carry_and_direction 32 64
#in flags=none|cf
        cmc
        std
        setc    al
        stc
        cld
        clc
#code32 f5fd0f92c0f9fcf8
#out32 eax=0x1
#out32 flags=none
#code64 f5fd0f92c0f9fcf8
#out64 rax=0x1
#out64 flags=none
#case single_step_traps_after_one 32
        pushfd
        or      dword ptr [esp], 0x100
        popfd
        inc     eax
        inc     eax
#code32 9c810c24000100009d4040
#out32 stop=sigtrap.0x2@0x0 rip=code+0xa eax=0x1 flags=tf [stack+0x7fc]=0203
#case single_step_traps_after_one_64 64
        pushfq
        or      qword ptr [rsp], 0x100
        popfq
        inc     eax
        inc     eax
#code64 9c48810c24000100009dffc0ffc0
#out64 stop=sigtrap.0x2@0x0 rip=code+0xc rax=0x1 flags=tf [stack+0x7f8]=0203
#case pusha_faults_at_the_first_push 32
#in esp=stack+8|0 eax=1 edi=2
        pushad
#code32 60
#out32 stop=sigsegv.0x1@0x2fffffc rip=code [stack+0x4]=01
#out32 stop=sigsegv.0x1@0xfffffffc rip=code
#case pusha_16_faults 32
#in esp=stack+6|0
        pusha
#code32 60
#out32 stop=sigsegv.0x1@0x2fffffe rip=code
#out32 stop=sigsegv.0x1@0xfffffffc rip=code
#case popa_faults_at_the_first_pop 32
#in esp=stack+0xff8|0
        popad
#code32 61
#out32 stop=sigsegv.0x1@stack+0x1000 rip=code
#out32 stop=sigsegv.0x1@0x0 rip=code
#case enter_faults_at_the_first_push 32 64
#in esp=stack+12|0|4 ebp=stack+0x100
        enter   16, 3
#code32 c8100003
#out32 stop=sigsegv.0x1@0x2fffffc rip=code [stack+0x9]=010003
#out32 stop=sigsegv.0x1@0xfffffffc rip=code
#out32 stop=sigsegv.0x1@0x0 rip=code
#code64 c8100003
#out64 stop=sigsegv.0x1@0x2fffffc rip=code [stack+0x5]=010003
#out64 stop=sigsegv.0x1@0xfffffffffffffff8 rip=code
#out64 stop=sigsegv.0x1@0xfffffffffffffffc rip=code
#case enter_display_fault 32 64
#in ebp=0x10
        enter   16, 2
#code32 c8100002
#out32 stop=sigsegv.0x1@0xc rip=code [stack+0x7fc]=10
#code64 c8100002
#out64 stop=sigsegv.0x1@0x8 rip=code [stack+0x7f8]=10
