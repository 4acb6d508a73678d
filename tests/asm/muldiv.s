# Multiply and divide; #DE at every width is a fault with nothing changed.

#case mul_8 32 64
#in eax=0|2|0x80|0xff ecx=2|0xff
        mul     cl
#code32 f6e1
#out32 undef=pf+af+zf+sf
#out32 undef=pf+af+zf+sf
#out32 eax=0x4 undef=pf+af+zf+sf
#out32 eax=0x1fe flags=cf+of undef=pf+af+zf+sf
#out32 eax=0x100 flags=cf+of undef=pf+af+zf+sf
#out32 eax=0x7f80 flags=cf+of undef=pf+af+zf+sf
#out32 eax=0x1fe flags=cf+of undef=pf+af+zf+sf
#out32 eax=0xfe01 flags=cf+of undef=pf+af+zf+sf
#code64 f6e1
#out64 undef=pf+af+zf+sf
#out64 undef=pf+af+zf+sf
#out64 rax=0x4 undef=pf+af+zf+sf
#out64 rax=0x1fe flags=cf+of undef=pf+af+zf+sf
#out64 rax=0x100 flags=cf+of undef=pf+af+zf+sf
#out64 rax=0x7f80 flags=cf+of undef=pf+af+zf+sf
#out64 rax=0x1fe flags=cf+of undef=pf+af+zf+sf
#out64 rax=0xfe01 flags=cf+of undef=pf+af+zf+sf
#case imul_8 32 64
#in eax=0x80|0x7f|0xff ecx=0x80|0xff|2
        imul    cl
#code32 f6e9
#out32 eax=0x4000 flags=cf+of undef=pf+af+zf+sf
#out32 flags=cf+of undef=pf+af+zf+sf
#out32 eax=0xff00 flags=cf+of undef=pf+af+zf+sf
#out32 eax=0xc080 flags=cf+of undef=pf+af+zf+sf
#out32 eax=0xff81 undef=pf+af+zf+sf
#out32 eax=0xfe flags=cf+of undef=pf+af+zf+sf
#out32 eax=0x80 flags=cf+of undef=pf+af+zf+sf
#out32 eax=0x1 undef=pf+af+zf+sf
#out32 eax=0xfffe undef=pf+af+zf+sf
#code64 f6e9
#out64 rax=0x4000 flags=cf+of undef=pf+af+zf+sf
#out64 flags=cf+of undef=pf+af+zf+sf
#out64 rax=0xff00 flags=cf+of undef=pf+af+zf+sf
#out64 rax=0xc080 flags=cf+of undef=pf+af+zf+sf
#out64 rax=0xff81 undef=pf+af+zf+sf
#out64 rax=0xfe flags=cf+of undef=pf+af+zf+sf
#out64 rax=0x80 flags=cf+of undef=pf+af+zf+sf
#out64 rax=0x1 undef=pf+af+zf+sf
#out64 rax=0xfffe undef=pf+af+zf+sf
#case mul_16 32 64
#in eax=0x8000|0xffff edx=0x11110000 ecx=2|0xffff
        mul     cx
#code32 66f7e1
#out32 eax=0x0 edx=0x11110001 flags=cf+of undef=pf+af+zf+sf
#out32 edx=0x11117fff flags=cf+of undef=pf+af+zf+sf
#out32 eax=0xfffe edx=0x11110001 flags=cf+of undef=pf+af+zf+sf
#out32 eax=0x1 edx=0x1111fffe flags=cf+of undef=pf+af+zf+sf
#code64 66f7e1
#out64 rax=0x0 rdx=0x11110001 flags=cf+of undef=pf+af+zf+sf
#out64 rdx=0x11117fff flags=cf+of undef=pf+af+zf+sf
#out64 rax=0xfffe rdx=0x11110001 flags=cf+of undef=pf+af+zf+sf
#out64 rax=0x1 rdx=0x1111fffe flags=cf+of undef=pf+af+zf+sf
#case mul_32 32 64
#in eax=0x80000000|0xffffffff edx=1|2
        mul     edx
#code32 f7e2
#out32 edx=0x0 undef=pf+af+zf+sf
#out32 eax=0x0 edx=0x1 flags=cf+of undef=pf+af+zf+sf
#out32 edx=0x0 undef=pf+af+zf+sf
#out32 eax=0xfffffffe edx=0x1 flags=cf+of undef=pf+af+zf+sf
#code64 f7e2
#out64 rdx=0x0 undef=pf+af+zf+sf
#out64 rax=0x0 rdx=0x1 flags=cf+of undef=pf+af+zf+sf
#out64 rdx=0x0 undef=pf+af+zf+sf
#out64 rax=0xfffffffe rdx=0x1 flags=cf+of undef=pf+af+zf+sf
#case imul_32 32 64
#in eax=0x80000000|0xffffffff ecx=0x80000000|0xffffffff|2
        imul    ecx
#code32 f7e9
#out32 eax=0x0 edx=0x40000000 flags=cf+of undef=pf+af+zf+sf
#out32 flags=cf+of undef=pf+af+zf+sf
#out32 eax=0x0 edx=0xffffffff flags=cf+of undef=pf+af+zf+sf
#out32 eax=0x80000000 flags=cf+of undef=pf+af+zf+sf
#out32 eax=0x1 undef=pf+af+zf+sf
#out32 eax=0xfffffffe edx=0xffffffff undef=pf+af+zf+sf
#code64 f7e9
#out64 rax=0x0 rdx=0x40000000 flags=cf+of undef=pf+af+zf+sf
#out64 flags=cf+of undef=pf+af+zf+sf
#out64 rax=0x0 rdx=0xffffffff flags=cf+of undef=pf+af+zf+sf
#out64 rax=0x80000000 flags=cf+of undef=pf+af+zf+sf
#out64 rax=0x1 undef=pf+af+zf+sf
#out64 rax=0xfffffffe rdx=0xffffffff undef=pf+af+zf+sf
#case mul_64 64
#in rax=-1|0x8000000000000000 rcx=2|-1
        mul     rcx
#code64 48f7e1
#out64 rax=0xfffffffffffffffe rdx=0x1 flags=cf+of undef=pf+af+zf+sf
#out64 rax=0x1 rdx=0xfffffffffffffffe flags=cf+of undef=pf+af+zf+sf
#out64 rax=0x0 rdx=0x1 flags=cf+of undef=pf+af+zf+sf
#out64 rdx=0x7fffffffffffffff flags=cf+of undef=pf+af+zf+sf
#case imul_64 64
#in rax=-1|0x8000000000000000 rcx=2|-1|0x8000000000000000
        imul    rcx
#code64 48f7e9
#out64 rax=0xfffffffffffffffe rdx=0xffffffffffffffff undef=pf+af+zf+sf
#out64 rax=0x1 undef=pf+af+zf+sf
#out64 rax=0x8000000000000000 flags=cf+of undef=pf+af+zf+sf
#out64 rax=0x0 rdx=0xffffffffffffffff flags=cf+of undef=pf+af+zf+sf
#out64 flags=cf+of undef=pf+af+zf+sf
#out64 rax=0x0 rdx=0x4000000000000000 flags=cf+of undef=pf+af+zf+sf
#case imul_two_operands 32 64
#in eax=0x10000|0xffff8000 ecx=0x10000|0x7fff
        imul    eax, ecx
        imul    dx, cx, -3
        imul    ebx, ecx, 0x12345
#code32 0fafc1666bd1fd69d945230100
#out32 eax=0x0 ebx=0x23450000 flags=cf+of undef=pf+af+zf+sf
#out32 eax=0x7fff0000 edx=0x8003 ebx=0x91a15cbb flags=cf+of undef=pf+af+zf+sf
#out32 eax=0x80000000 ebx=0x23450000 flags=cf+of undef=pf+af+zf+sf
#out32 eax=0xc0008000 edx=0x8003 ebx=0x91a15cbb flags=cf+of undef=pf+af+zf+sf
#code64 0fafc1666bd1fd69d945230100
#out64 rax=0x0 rbx=0x23450000 flags=cf+of undef=pf+af+zf+sf
#out64 rax=0x7fff0000 rdx=0x8003 rbx=0x91a15cbb flags=cf+of undef=pf+af+zf+sf
#out64 rax=0x80000000 rbx=0x23450000 flags=cf+of undef=pf+af+zf+sf
#out64 rax=0xc0008000 rdx=0x8003 rbx=0x91a15cbb flags=cf+of undef=pf+af+zf+sf
#case imul_three_operands_64 64
#in rcx=0x4000000000000000|-1
        imul    rax, rcx, 2
        seto    dl
        imul    rbx, rcx, -1
#code64 486bc1020f90c2486bd9ff
#out64 rax=0x8000000000000000 rdx=0x1 rbx=0xc000000000000000 undef=pf+af+zf+sf
#out64 rax=0xfffffffffffffffe rbx=0x1 undef=pf+af+zf+sf
#case div_8 32 64
#in eax=0x1234|0x00ff|0xff00 ecx=0|1|0x13|0xff
        div     cl
#code32 f6f1
#out32 stop=sigfpe.0x1@code rip=code
#out32 stop=sigfpe.0x1@code rip=code
#out32 eax=0x5f5 undef=cf+pf+af+zf+sf+of
#out32 eax=0x4612 undef=cf+pf+af+zf+sf+of
#out32 stop=sigfpe.0x1@code rip=code
#out32 undef=cf+pf+af+zf+sf+of
#out32 eax=0x80d undef=cf+pf+af+zf+sf+of
#out32 eax=0x1 undef=cf+pf+af+zf+sf+of
#out32 stop=sigfpe.0x1@code rip=code
#out32 stop=sigfpe.0x1@code rip=code
#out32 stop=sigfpe.0x1@code rip=code
#out32 stop=sigfpe.0x1@code rip=code
#code64 f6f1
#out64 stop=sigfpe.0x1@code rip=code
#out64 stop=sigfpe.0x1@code rip=code
#out64 rax=0x5f5 undef=cf+pf+af+zf+sf+of
#out64 rax=0x4612 undef=cf+pf+af+zf+sf+of
#out64 stop=sigfpe.0x1@code rip=code
#out64 undef=cf+pf+af+zf+sf+of
#out64 rax=0x80d undef=cf+pf+af+zf+sf+of
#out64 rax=0x1 undef=cf+pf+af+zf+sf+of
#out64 stop=sigfpe.0x1@code rip=code
#out64 stop=sigfpe.0x1@code rip=code
#out64 stop=sigfpe.0x1@code rip=code
#out64 stop=sigfpe.0x1@code rip=code
#case idiv_8 32 64
#in eax=0xff80|0x0080|0x8000 ecx=0|1|0xff|2
        idiv    cl
#code32 f6f9
#out32 stop=sigfpe.0x1@code rip=code
#out32 eax=0x80 undef=cf+pf+af+zf+sf+of
#out32 stop=sigfpe.0x1@code rip=code
#out32 eax=0xc0 undef=cf+pf+af+zf+sf+of
#out32 stop=sigfpe.0x1@code rip=code
#out32 stop=sigfpe.0x1@code rip=code
#out32 undef=cf+pf+af+zf+sf+of
#out32 eax=0x40 undef=cf+pf+af+zf+sf+of
#out32 stop=sigfpe.0x1@code rip=code
#out32 stop=sigfpe.0x1@code rip=code
#out32 stop=sigfpe.0x1@code rip=code
#out32 stop=sigfpe.0x1@code rip=code
#code64 f6f9
#out64 stop=sigfpe.0x1@code rip=code
#out64 rax=0x80 undef=cf+pf+af+zf+sf+of
#out64 stop=sigfpe.0x1@code rip=code
#out64 rax=0xc0 undef=cf+pf+af+zf+sf+of
#out64 stop=sigfpe.0x1@code rip=code
#out64 stop=sigfpe.0x1@code rip=code
#out64 undef=cf+pf+af+zf+sf+of
#out64 rax=0x40 undef=cf+pf+af+zf+sf+of
#out64 stop=sigfpe.0x1@code rip=code
#out64 stop=sigfpe.0x1@code rip=code
#out64 stop=sigfpe.0x1@code rip=code
#out64 stop=sigfpe.0x1@code rip=code
#case div_16 32 64
#in eax=0xffff edx=0|1|0x7fff ecx=0|1|2|0x8000
        div     cx
#code32 66f7f1
#out32 stop=sigfpe.0x1@code rip=code
#out32 undef=cf+pf+af+zf+sf+of
#out32 eax=0x7fff edx=0x1 undef=cf+pf+af+zf+sf+of
#out32 eax=0x1 edx=0x7fff undef=cf+pf+af+zf+sf+of
#out32 stop=sigfpe.0x1@code rip=code
#out32 stop=sigfpe.0x1@code rip=code
#out32 undef=cf+pf+af+zf+sf+of
#out32 eax=0x3 edx=0x7fff undef=cf+pf+af+zf+sf+of
#out32 stop=sigfpe.0x1@code rip=code
#out32 stop=sigfpe.0x1@code rip=code
#out32 stop=sigfpe.0x1@code rip=code
#out32 undef=cf+pf+af+zf+sf+of
#code64 66f7f1
#out64 stop=sigfpe.0x1@code rip=code
#out64 undef=cf+pf+af+zf+sf+of
#out64 rax=0x7fff rdx=0x1 undef=cf+pf+af+zf+sf+of
#out64 rax=0x1 rdx=0x7fff undef=cf+pf+af+zf+sf+of
#out64 stop=sigfpe.0x1@code rip=code
#out64 stop=sigfpe.0x1@code rip=code
#out64 undef=cf+pf+af+zf+sf+of
#out64 rax=0x3 rdx=0x7fff undef=cf+pf+af+zf+sf+of
#out64 stop=sigfpe.0x1@code rip=code
#out64 stop=sigfpe.0x1@code rip=code
#out64 stop=sigfpe.0x1@code rip=code
#out64 undef=cf+pf+af+zf+sf+of
#case idiv_32_min_by_minus_one 32 64
#in eax=0x80000000|0x80000001 edx=0xffffffff ecx=0xffffffff|1
        idiv    ecx
#code32 f7f9
#out32 stop=sigfpe.0x1@code rip=code
#out32 edx=0x0 undef=cf+pf+af+zf+sf+of
#out32 eax=0x7fffffff edx=0x0 undef=cf+pf+af+zf+sf+of
#out32 edx=0x0 undef=cf+pf+af+zf+sf+of
#code64 f7f9
#out64 stop=sigfpe.0x1@code rip=code
#out64 rdx=0x0 undef=cf+pf+af+zf+sf+of
#out64 rax=0x7fffffff rdx=0x0 undef=cf+pf+af+zf+sf+of
#out64 rdx=0x0 undef=cf+pf+af+zf+sf+of
#case div_32 32 64
#in eax=0|0xffffffff edx=0|1 ecx=0|1|2
        div     ecx
#code32 f7f1
#out32 stop=sigfpe.0x1@code rip=code
#out32 undef=cf+pf+af+zf+sf+of
#out32 undef=cf+pf+af+zf+sf+of
#out32 stop=sigfpe.0x1@code rip=code
#out32 stop=sigfpe.0x1@code rip=code
#out32 eax=0x80000000 edx=0x0 undef=cf+pf+af+zf+sf+of
#out32 stop=sigfpe.0x1@code rip=code
#out32 undef=cf+pf+af+zf+sf+of
#out32 eax=0x7fffffff edx=0x1 undef=cf+pf+af+zf+sf+of
#out32 stop=sigfpe.0x1@code rip=code
#out32 stop=sigfpe.0x1@code rip=code
#out32 undef=cf+pf+af+zf+sf+of
#code64 f7f1
#out64 stop=sigfpe.0x1@code rip=code
#out64 undef=cf+pf+af+zf+sf+of
#out64 undef=cf+pf+af+zf+sf+of
#out64 stop=sigfpe.0x1@code rip=code
#out64 stop=sigfpe.0x1@code rip=code
#out64 rax=0x80000000 rdx=0x0 undef=cf+pf+af+zf+sf+of
#out64 stop=sigfpe.0x1@code rip=code
#out64 undef=cf+pf+af+zf+sf+of
#out64 rax=0x7fffffff rdx=0x1 undef=cf+pf+af+zf+sf+of
#out64 stop=sigfpe.0x1@code rip=code
#out64 stop=sigfpe.0x1@code rip=code
#out64 undef=cf+pf+af+zf+sf+of
#case div_64 64
#in rax=-1 rdx=0|1 rcx=0|1|2
        div     rcx
#code64 48f7f1
#out64 stop=sigfpe.0x1@code rip=code
#out64 undef=cf+pf+af+zf+sf+of
#out64 rax=0x7fffffffffffffff rdx=0x1 undef=cf+pf+af+zf+sf+of
#out64 stop=sigfpe.0x1@code rip=code
#out64 stop=sigfpe.0x1@code rip=code
#out64 undef=cf+pf+af+zf+sf+of
#case idiv_64 64
#in rax=0x8000000000000000 rdx=-1|0 rcx=-1|1|2
        idiv    rcx
#code64 48f7f9
#out64 stop=sigfpe.0x1@code rip=code
#out64 rdx=0x0 undef=cf+pf+af+zf+sf+of
#out64 rax=0xc000000000000000 rdx=0x0 undef=cf+pf+af+zf+sf+of
#out64 undef=cf+pf+af+zf+sf+of
#out64 stop=sigfpe.0x1@code rip=code
#out64 rax=0x4000000000000000 undef=cf+pf+af+zf+sf+of
#case div_memory_over_end_of_data 32 64
#in eax=1 edi=data.end-2
        div     dword ptr [edi]
#code32 f737
#out32 stop=sigsegv.0x1@data+0x2000 rip=code
#code64 67f737
#out64 stop=sigsegv.0x1@data+0x2000 rip=code
