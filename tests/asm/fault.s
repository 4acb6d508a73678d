# Faults: the signal, its code and address, the saved state, and no side effect.

#case null_read 32 64
#in edi=0|8
        mov     eax, [edi]
#code32 8b07
#out32 stop=sigsegv.0x1@0x0 rip=code
#out32 stop=sigsegv.0x1@0x8 rip=code
#code64 678b07
#out64 stop=sigsegv.0x1@0x0 rip=code
#out64 stop=sigsegv.0x1@0x8 rip=code
#case write_read_only 32 64
#in edi=ro+4 eax=7
        mov     [edi], eax
#code32 8907
#out32 stop=sigsegv.0x2@ro+0x4 rip=code
#code64 678907
#out64 stop=sigsegv.0x2@ro+0x4 rip=code
#case add_to_read_only 32 64
#in edi=ro eax=7 flags=cf
        add     [edi], eax
#code32 0107
#out32 stop=sigsegv.0x2@ro rip=code
#code64 670107
#out64 stop=sigsegv.0x2@ro rip=code
#case write_over_end_of_data 32 64
#in edi=data.end-2 eax=0x11223344
        mov     [edi], eax
#code32 8907
#out32 stop=sigsegv.0x1@data+0x2000 rip=code
#code64 678907
#out64 stop=sigsegv.0x1@data+0x2000 rip=code
#case write_before_data 32 64
#in edi=data-2 eax=0x11223344
        mov     [edi], eax
#code32 8907
#out32 stop=sigsegv.0x1@0x1fffffe rip=code
#code64 678907
#out64 stop=sigsegv.0x1@0x1fffffe rip=code
#case read_high_address 64
#in rdi=0x100000000|0x7ffff0000000
        mov     eax, [rdi]
#code64 8b07
#out64 stop=sigsegv.0x1@0x100000000 rip=code
#out64 stop=sigsegv.0x1@0x7ffff0000000 rip=code
#case non_canonical 64
#in rdi=0x8000000000000000|0x800000000000
        mov     eax, [rdi]
#code64 8b07
#out64 stop=sigsegv.0x80@0x0 rip=code
#out64 stop=sigsegv.0x80@0x0 rip=code
#case non_canonical_push 64
#in rsp=0x8000000000000000
        push    rax
#code64 50
#out64 stop=sigbus.0x80@0x0 rip=code
#case jump_to_nowhere 32 64
#in eax=0x10
        .byte   0xff, 0xe0
#code32 ffe0
#out32 stop=sigsegv.0x1@0x10 rip=0x10
#code64 ffe0
#out64 stop=sigsegv.0x1@0x10 rip=0x10
#case jump_to_data_is_not_executable 32 64
#in edi=data
        .byte   0xff, 0xe7
#code32 ffe7
#out32 stop=sigsegv.0x2@data rip=data
#code64 ffe7
#out64 stop=sigsegv.0x2@data rip=data
#case ret_to_nowhere 32 64
#in [stack+0x800]=1000000000000000
        ret
#code32 c3
#out32 stop=sigsegv.0x1@0x10 rip=0x10 esp=0x3000804
#code64 c3
#out64 stop=sigsegv.0x1@0x10 rip=0x10 rsp=0x3000808
#case undefined 32 64
        ud2
#code32 0f0b
#out32 stop=sigill.0x2@code rip=code
#code64 0f0b
#out64 stop=sigill.0x2@code rip=code
#case undefined_map 32 64
        .byte   0x0f, 0xff, 0xc0
#code32 0fffc0
#out32 stop=sigill.0x2@code rip=code
#code64 0fffc0
#out64 stop=sigill.0x2@code rip=code
#case privileged 32 64
        hlt
#code32 f4
#out32 stop=sigsegv.0x80@0x0 rip=code
#code64 f4
#out64 stop=sigsegv.0x80@0x0 rip=code
#case privileged_cli 32 64
        cli
#code32 fa
#out32 stop=sigsegv.0x80@0x0 rip=code
#code64 fa
#out64 stop=sigsegv.0x80@0x0 rip=code
#case privileged_in 32 64
        in      al, dx
#code32 ec
#out32 stop=sigsegv.0x80@0x0 rip=code
#code64 ec
#out64 stop=sigsegv.0x80@0x0 rip=code
#case privileged_cr 32 64
        .byte   0x0f, 0x20, 0xc0
#code32 0f20c0
#out32 stop=sigsegv.0x80@0x0 rip=code
#code64 0f20c0
#out64 stop=sigsegv.0x80@0x0 rip=code
#case int_3_two_bytes 32 64
        .byte   0xcd, 0x03
#code32 cd03
#out32 rip=code+0x2
#code64 cd03
#out64 rip=code+0x2
#case int_n 32 64
        int     0x42
#code32 cd42
#out32 stop=sigsegv.0x80@0x0 rip=code
#code64 cd42
#out64 stop=sigsegv.0x80@0x0 rip=code
#case int_80 32 64
#in eax=20
        int     0x80
        mov     ebx, eax
#code32 cd8089c3
#out32 stop=syscall rip=code+0x2
#code64 cd8089c3
#out64 stop=syscall rip=code+0x2
#case syscall_sets_rcx_and_r11 64
#in eax=39 flags=cf+zf
        syscall
#code64 0f05
#out64 stop=syscall rip=code+0x2 rcx=0x1000002 r11=0x243
#case bad_selector 32 64
#in eax=0x1234
        mov     ds, eax
#code32 8ed8
#out32 stop=sigsegv.0x80@0x0 rip=code
#code64 8ed8
#out64 stop=sigsegv.0x80@0x0 rip=code
#case null_selector_in_ss 32 64
#in eax=0
        mov     ss, eax
#code32 8ed0
#out32 stop=sigsegv.0x80@0x0 rip=code
#code64 8ed0
#out64 stop=sigsegv.0x80@0x0 rip=code
#case too_long 32 64
        .byte   0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x90
        .byte   0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x66,0x90
#code32 66666666666666666666666666669066666666666666666666666666666690
#out32 stop=sigsegv.0x80@0x0 rip=code+0xf
#code64 66666666666666666666666666669066666666666666666666666666666690
#out64 stop=sigsegv.0x80@0x0 rip=code+0xf
#case code_runs_off_its_window 32 64
#in eax=code+0xffe [code+0xffe]=9090
        .byte   0xff, 0xe0
#code32 ffe0
#out32 stop=sigsegv.0x1@code+0x1000 rip=code+0x1000
#code64 ffe0
#out64 stop=sigsegv.0x1@code+0x1000 rip=code+0x1000
#case instruction_over_end_of_code 32 64
#in eax=code+0xffe [code+0xffe]=b801
        .byte   0xff, 0xe0
#code32 ffe0
#out32 stop=sigsegv.0x1@code+0x1000 rip=code+0xffe
#code64 ffe0
#out64 stop=sigsegv.0x1@code+0x1000 rip=code+0xffe
#case code_changes_next_instruction 32 64
#in edi=code
        mov     byte ptr [edi+1f-code+1], 5
1:      mov     al, 1
#code32 c6870800000005b001
#out32 eax=0x5 [code+0x8]=05
#code64 67c6870900000005b001
#out64 rax=0x5 [code+0x9]=05
#case code_changes_loop_body 32 64
#in edi=code ecx=3
1:      add     al, 1
        inc     byte ptr [edi+1]
        dec     ecx
        jnz     1b
#code32 0401fe47014975f8
#out32 eax=0x6 ecx=0x0 flags=pf+zf [code+0x1]=04
#code64 040167fe4701ffc975f6
#out64 rax=0x6 rcx=0x0 flags=pf+zf [code+0x1]=04
#case jump_into_an_instruction 32 64
#in ecx=2
1:      .byte   0xb8
2:      .byte   0x40, 0x40, 0x90, 0x90
        dec     ecx
        jz      3f
        cmp     ecx, 1
        je      2b
3:
#code32 b84040909049740583f90174f4
#out32 eax=0x90904042 ecx=0x0 flags=pf+zf
#code64 b840409090ffc9740583f90174f3
#out64 rax=0x90904040 rcx=0x0 flags=pf+zf
#case last_address_of_all 64
#in rax=-1
        .byte   0x8a, 0x18
#code64 8a18
#out64 stop=sigsegv.0x1@0xffffffffffffffff rip=code
#case jump_to_last_address 64
#in rax=-1
        .byte   0xff, 0xe0
#code64 ffe0
#out64 stop=sigsegv.0x1@0xffffffffffffffff rip=0xffffffffffffffff
#case read_over_last_address 64
#in rax=-3
        .byte   0x8b, 0x18
#code64 8b18
#out64 stop=sigsegv.0x1@0xfffffffffffffffd rip=code
#case access_over_the_limit 32
#in edi=0xfffffffd|0xfffffffc
        mov     eax, [edi]
#code32 8b07
#out32 stop=sigsegv.0x80@0x0 rip=code
#out32 stop=sigsegv.0x1@0xfffffffc rip=code
#case write_over_the_limit 32
#in edi=0xfffffffd|0xfffffffc
        mov     [edi], eax
#code32 8907
#out32 stop=sigsegv.0x80@0x0 rip=code
#out32 stop=sigsegv.0x1@0xfffffffc rip=code
#case modify_over_the_limit 32
#in edi=0xfffffffd|0xfffffffc
        add     [edi], eax
#code32 0107
#out32 stop=sigsegv.0x80@0x0 rip=code
#out32 stop=sigsegv.0x1@0xfffffffc rip=code
#case locked_over_the_limit 32
#in edi=0xfffffffd|0xfffffffc
        lock xadd [edi], eax
#code32 f00fc107
#out32 stop=sigsegv.0x80@0x0 rip=code
#out32 stop=sigsegv.0x1@0xfffffffc rip=code
#case push_over_the_limit 32
#in esp=2|4|0
        push    eax
#code32 50
#out32 stop=sigbus.0x80@0x0 rip=code
#out32 stop=sigsegv.0x1@0x0 rip=code
#out32 stop=sigsegv.0x1@0xfffffffc rip=code
#case pop_over_the_limit 32
#in esp=0xfffffffe|0xfffffffc
        pop     eax
#code32 58
#out32 stop=sigbus.0x80@0x0 rip=code
#out32 stop=sigsegv.0x1@0xfffffffc rip=code
#case frame_over_the_limit 32
#in ebp=0xfffffffe
        mov     eax, [ebp]
#code32 8b4500
#out32 stop=sigbus.0x80@0x0 rip=code
#case sse_over_the_limit 32
#in edi=0xfffffff1|0xfffffff0
        movups  xmm0, [edi]
#code32 0f1007
#out32 stop=sigsegv.0x80@0x0 rip=code
#out32 stop=sigsegv.0x1@0xfffffff0 rip=code
#case string_over_the_limit 32
#in edi=0xfffffffe esi=0xffffffff ecx=1
        rep movsd
#code32 f3a5
#out32 stop=sigsegv.0x80@0x0 rip=code
#case string_store_over_the_limit 32
#in edi=0xfffffffe
        stosd
#code32 ab
#out32 stop=sigsegv.0x80@0x0 rip=code
#case x87_over_the_limit 32
#in edi=0xfffffff9|0xfffffff8|0xfffffff7
        fld     qword ptr [edi]
        fld     tbyte ptr [edi]
#code32 dd07db2f
#out32 stop=sigsegv.0x80@0x0 rip=code
#out32 stop=sigsegv.0x1@0xfffffff8 rip=code
#out32 stop=sigsegv.0x1@0xfffffff7 rip=code
#case pop_memory_over_the_limit 32
#in edi=0xfffffffe
        pop     [edi]
#code32 8f07
#out32 stop=sigsegv.0x80@0x0 rip=code
# INT1 is a trap: the saved address is that of the next instruction (SDM vol. 3, 6.5 and table 6-1).
#case int1 32 64
#manual hypervisors that catch #DB give it back with the address of the instruction itself
        int1
        nop
#code32 f190
#out32 stop=sigtrap.0x1@0x0 rip=code+0x1
#code64 f190
#out64 stop=sigtrap.0x1@0x0 rip=code+0x1
