# The AC flag: misaligned accesses raise #AC, before the page is looked at.

#case widths 32 64
#in edi=data|data+1|data+2|data+4 flags=ac
        mov al, [edi]
        mov ax, [edi]
        mov ecx, [edi]
#code32 8a07668b078b0f
#out32 -
#out32 stop=sigbus.0x1@0x0 rip=code+0x2
#out32 stop=sigbus.0x1@0x0 rip=code+0x5
#out32 -
#code64 678a0767668b07678b0f
#out64 -
#out64 stop=sigbus.0x1@0x0 rip=code+0x3
#out64 stop=sigbus.0x1@0x0 rip=code+0x7
#out64 -
#case quad 64
#in rdi=data+1|data+2|data+4|data+8 flags=ac
        mov rax, [rdi]
#code64 488b07
#out64 stop=sigbus.0x1@0x0 rip=code
#out64 stop=sigbus.0x1@0x0 rip=code
#out64 stop=sigbus.0x1@0x0 rip=code
#out64 -
#case before_the_page 32 64
#in edi=data+0x1fff|0x11 flags=ac
        mov eax, [edi]
#code32 8b07
#out32 stop=sigbus.0x1@0x0 rip=code
#out32 stop=sigbus.0x1@0x0 rip=code
#code64 678b07
#out64 stop=sigbus.0x1@0x0 rip=code
#out64 stop=sigbus.0x1@0x0 rip=code
#case non_canonical 64
#in rdi=0x8000000000000001 flags=ac
        mov eax, [rdi]
#code64 8b07
#out64 stop=sigsegv.0x80@0x0 rip=code
#case store_and_modify 32 64
#in edi=data+2|data+4 flags=ac
        mov [edi], eax
        add [edi+1], eax
#code32 8907014701
#out32 stop=sigbus.0x1@0x0 rip=code
#out32 stop=sigbus.0x1@0x0 rip=code+0x2
#code64 67890767014701
#out64 stop=sigbus.0x1@0x0 rip=code
#out64 stop=sigbus.0x1@0x0 rip=code+0x3
#case extension 32 64
#in edi=data+1 flags=ac
        movzx eax, byte ptr [edi]
        movsx ecx, word ptr [edi]
#code32 0fb6070fbf0f
#out32 stop=sigbus.0x1@0x0 rip=code+0x3
#code64 670fb607670fbf0f
#out64 stop=sigbus.0x1@0x0 rip=code+0x4
#case exchange 32 64
#in edi=data+2 flags=ac
        xchg [edi], eax
#code32 8707
#out32 stop=sigbus.0x1@0x0 rip=code
#code64 678707
#out64 stop=sigbus.0x1@0x0 rip=code
#case locked 32 64
#in edi=data+1|data+4 flags=ac
        lock xadd [edi], eax
#code32 f00fc107
#out32 stop=sigbus.0x1@0x0 rip=code
#out32 flags=pf+zf+ac
#code64 67f00fc107
#out64 stop=sigbus.0x1@0x0 rip=code
#out64 flags=pf+zf+ac
#case compare_exchange_8 32 64
#in edi=data+4|data+8 flags=ac
        cmpxchg8b [edi]
#code32 0fc70f
#out32 stop=sigbus.0x1@0x0 rip=code
#out32 flags=zf+ac
#code64 670fc70f
#out64 stop=sigbus.0x1@0x0 rip=code
#out64 flags=zf+ac
#case stack_push 32 64
#in esp=stack+0x804|stack+0x802 flags=ac
        push 0x12
#code32 6a12
#out32 esp=0x3000800 [stack+0x800]=12
#out32 stop=sigbus.0x1@0x0 rip=code
#code64 6a12
#out64 stop=sigbus.0x1@0x0 rip=code
#out64 stop=sigbus.0x1@0x0 rip=code
#case stack_pop 32
#in esp=stack+0x804|stack+0x802 flags=ac
        pop eax
#code32 58
#out32 esp=0x3000808
#out32 stop=sigbus.0x1@0x0 rip=code
#case stack_call 32 64
#in esp=stack+0x802 flags=ac
        call 1f
        1: nop
#code32 e80000000090
#out32 stop=sigbus.0x1@0x0 rip=code
#code64 e80000000090
#out64 stop=sigbus.0x1@0x0 rip=code
#case stack_ret 32 64
#in esp=stack+0x802 flags=ac
        ret
#code32 c3
#out32 stop=sigbus.0x1@0x0 rip=code
#code64 c3
#out64 stop=sigbus.0x1@0x0 rip=code
#case stack_all 32
#in esp=stack+0x802 flags=ac
        pusha
#code32 60
#out32 stop=sigbus.0x1@0x0 rip=code
#case stack_pop_all 32
#in esp=stack+0x802 flags=ac
        popa
#code32 61
#out32 stop=sigbus.0x1@0x0 rip=code
#case stack_enter 32 64
#in esp=stack+0x802 flags=ac
        enter 8, 0
#code32 c8080000
#out32 stop=sigbus.0x1@0x0 rip=code
#code64 c8080000
#out64 stop=sigbus.0x1@0x0 rip=code
#case strings 32 64
#in edi=data|data+1 esi=data+0x40|data+0x42 ecx=2|0 flags=ac
        rep movsb
        mov ecx, 1
        rep movsd
#code32 f3a4b901000000f3a5
#out32 stop=sigbus.0x1@0x0 rip=code+0x7 ecx=0x1 esi=0x2000042 edi=0x2000002
#out32 esi=0x2000044 edi=0x2000004
#out32 stop=sigbus.0x1@0x0 rip=code+0x7 ecx=0x1 esi=0x2000044 edi=0x2000002
#out32 stop=sigbus.0x1@0x0 rip=code+0x7 ecx=0x1
#out32 stop=sigbus.0x1@0x0 rip=code+0x7 ecx=0x1 esi=0x2000042 edi=0x2000003
#out32 stop=sigbus.0x1@0x0 rip=code+0x7 ecx=0x1
#out32 stop=sigbus.0x1@0x0 rip=code+0x7 ecx=0x1 esi=0x2000044 edi=0x2000003
#out32 stop=sigbus.0x1@0x0 rip=code+0x7 ecx=0x1
#code64 f3a4b901000000f3a5
#out64 stop=sigbus.0x1@0x0 rip=code+0x7 rcx=0x1 rsi=0x2000042 rdi=0x2000002
#out64 rsi=0x2000044 rdi=0x2000004
#out64 stop=sigbus.0x1@0x0 rip=code+0x7 rcx=0x1 rsi=0x2000044 rdi=0x2000002
#out64 stop=sigbus.0x1@0x0 rip=code+0x7 rcx=0x1
#out64 stop=sigbus.0x1@0x0 rip=code+0x7 rcx=0x1 rsi=0x2000042 rdi=0x2000003
#out64 stop=sigbus.0x1@0x0 rip=code+0x7 rcx=0x1
#out64 stop=sigbus.0x1@0x0 rip=code+0x7 rcx=0x1 rsi=0x2000044 rdi=0x2000003
#out64 stop=sigbus.0x1@0x0 rip=code+0x7 rcx=0x1
#case string_count_zero 32 64
#in edi=data+1 ecx=0 flags=ac
        rep stosd
        stosd
#code32 f3abab
#out32 stop=sigbus.0x1@0x0 rip=code+0x2
#code64 f3abab
#out64 stop=sigbus.0x1@0x0 rip=code+0x2
#case bits 32 64
#in edi=data+2 eax=3 flags=ac
        bts [edi], eax
#code32 0fab07
#out32 stop=sigbus.0x1@0x0 rip=code
#code64 670fab07
#out64 stop=sigbus.0x1@0x0 rip=code
#case bound 32
#in edi=data+2|data+4 [data+4]=00000000ff eax=1 flags=ac
        bound eax, [edi]
#code32 6207
#out32 stop=sigbus.0x1@0x0 rip=code
#out32 -
#case x87_sizes 32 64
#in edi=data+2|data+4|data+8 flags=ac
        fnstcw [edi]
        fst dword ptr [edi]
        fst qword ptr [edi]
#code32 d93fd917dd17
#out32 stop=sigbus.0x1@0x0 rip=code+0x2 [data+0x2]=7f03
#out32 stop=sigbus.0x1@0x0 rip=code+0x4 sw=0x41 [data+0x6]=c0ff
#out32 sw=0x41 [data+0xe]=f8ff
#code64 67d93f67d91767dd17
#out64 stop=sigbus.0x1@0x0 rip=code+0x3 [data+0x2]=7f03
#out64 stop=sigbus.0x1@0x0 rip=code+0x6 sw=0x41 [data+0x6]=c0ff
#out64 sw=0x41 [data+0xe]=f8ff
#case x87_extended 32 64
#in edi=data+4|data+8 flags=ac
        fstp tbyte ptr [edi]
#code32 db3f
#out32 stop=sigbus.0x1@0x0 rip=code
#out32 sw=0x841 [data+0xf]=c0ffff
#code64 67db3f
#out64 stop=sigbus.0x1@0x0 rip=code
#out64 sw=0x841 [data+0xf]=c0ffff
#case x87_environment 32 64
#in edi=data+2|data+4 flags=ac
        fnstenv [edi]
#code32 d937
#out32 stop=sigbus.0x1@0x0 rip=code
#out32 [data+0x4]=7f03ffff0000ffffffffffff [data+0x1e]=ffff
#code64 67d937
#out64 stop=sigbus.0x1@0x0 rip=code
#out64 [data+0x4]=7f03ffff0000ffffffffffff [data+0x1e]=ffff
#case sse 32 64
#in edi=data+4|data+8|data+16 flags=ac
        movss xmm0, [edi]
        movsd xmm1, [edi]
        movups xmm2, [edi]
#code32 f30f1007f20f100f0f1017
#out32 stop=sigbus.0x1@0x0 rip=code+0x4
#out32 stop=sigbus.0x1@0x0 rip=code+0x8
#out32 -
#code64 67f30f100767f20f100f670f1017
#out64 stop=sigbus.0x1@0x0 rip=code+0x5
#out64 stop=sigbus.0x1@0x0 rip=code+0xa
#out64 -
#case sse_must_be_aligned 32 64
#in edi=data+8 flags=ac
        movaps xmm0, [edi]
#code32 0f2807
#out32 stop=sigsegv.0x80@0x0 rip=code
#code64 670f2807
#out64 stop=sigsegv.0x80@0x0 rip=code
#case fxsave 32 64
#in edi=data+2|data+8 flags=ac
        fxsave [edi]
#code32 0fae07
#out32 stop=sigbus.0x1@0x0 rip=code
#out32 stop=sigsegv.0x80@0x0 rip=code
#code64 670fae07
#out64 stop=sigbus.0x1@0x0 rip=code
#out64 stop=sigsegv.0x80@0x0 rip=code
#case avx 32 64
#in edi=data+8|data+16 flags=ac
        vmovups ymm0, ymmword ptr [edi]
#code32 c5fc1007
#out32 stop=sigbus.0x1@0x0 rip=code
#out32 -
#code64 67c5fc1007
#out64 stop=sigbus.0x1@0x0 rip=code
#out64 -
#case avx_masked 32 64
#in edi=data+1 xmm1=0x80000000 flags=ac
        vmaskmovps xmm0, xmm1, xmmword ptr [edi]
#code32 c4e2712c07
#out32 -
#code64 67c4e2712c07
#out64 -
#case lea_is_no_access 32 64
#in edi=data+1 flags=ac
        lea eax, [edi]
        prefetcht0 [edi]
#code32 8d070f180f
#out32 eax=0x2000001
#code64 678d07670f180f
#out64 rax=0x2000001
#case loop_goes_on 32 64
#in edi=data ecx=5 flags=ac
        1: add [edi], ecx
        dec ecx
        jnz 1b
#code32 010f4975fb
#out32 ecx=0x0 flags=pf+zf+ac [data]=0f
#code64 67010fffc975f9
#out64 rcx=0x0 flags=pf+zf+ac [data]=0f
#case set_by_popf 32 64
#in edi=data+1
        pushf
        or dword ptr [esp], 0x40000
        popf
        mov eax, [edi]
#code32 9c810c24000004009d8b07
#out32 stop=sigbus.0x1@0x0 rip=code+0x9 flags=ac [stack+0x7fc]=020204
#code64 9c67810c24000004009d678b07
#out64 stop=sigbus.0x1@0x0 rip=code+0xa flags=ac [stack+0x7f8]=020204
