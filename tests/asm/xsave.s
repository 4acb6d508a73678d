# XGETBV, XSAVE, XRSTOR with the components x87 and SSE.

#case xsave_both 32 64
#in eax=3 st0=3fff:8000000000000001 sw=0x3000 xmm0=0x1234 xmm7=0x5678 mxcsr=0x1fa0 [data+0x400]=f0000000000000001111
        xsave   [data+0x200]
        mov     byte ptr [data+0x21e], 0
#code32 0fae2500020002c6051e02000200
#out32 [data+0x200]=7f03003001 [data+0x218]=a01f0000ffff00000100000000000080ff3f [data+0x2a0]=3412 [data+0x310]=7856 [data+0x400]=f3
#code64 0fae242500020002c604251e02000200
#out64 [data+0x200]=7f03003001 [data+0x218]=a01f0000ffff00000100000000000080ff3f [data+0x2a0]=3412 [data+0x310]=7856 [data+0x400]=f3
#case xsave_x87_only 32 64
#in eax=1 st0=3fff:8000000000000001 sw=0x3000 xmm0=0x1234 xmm7=0x5678 mxcsr=0x1fa0 [data+0x400]=02
        xsave   [data+0x200]
        mov     dword ptr [data+0x218], 0
        mov     dword ptr [data+0x21c], 0
#code32 0fae2500020002c7051802000200000000c7051c02000200000000
#out32 [data+0x200]=7f03003001 [data+0x220]=0100000000000080ff3f [data+0x400]=03
#code64 0fae242500020002c704251802000200000000c704251c02000200000000
#out64 [data+0x200]=7f03003001 [data+0x220]=0100000000000080ff3f [data+0x400]=03
#case xsave_sse_only 32 64
#in eax=2 st0=3fff:8000000000000001 sw=0x3000 xmm0=0x1234 xmm7=0x5678 mxcsr=0x1fa0
        xsave   [data+0x200]
        mov     byte ptr [data+0x21e], 0
#code32 0fae2500020002c6051e02000200
#out32 [data+0x218]=a01f0000ffff [data+0x2a0]=3412 [data+0x310]=7856 [data+0x400]=02
#code64 0fae242500020002c604251e02000200
#out64 [data+0x218]=a01f0000ffff [data+0x2a0]=3412 [data+0x310]=7856 [data+0x400]=02
#case xsave_pending 32 64
#in eax=3 cw=0x37b [data+4]=00000000 st0=3fff:8000000000000001 xmm0=1
        fdiv    dword ptr [data+4]
        xsave   [data+0x200]
        mov     byte ptr [data+0x21e], 0
#code32 d835040000020fae2500020002c6051e02000200
#out32 sw=0x8084 [data+0x200]=7b038480010035000000000123000000040000022b000000801f0000ffff00000100000000000080ff3f [data+0x2a0]=01 [data+0x400]=03
#code64 d83425040000020fae242500020002c604251e02000200
#out64 sw=0x8084 [data+0x200]=7b0384800100340000000001330000000400000200000000801f0000ffff00000100000000000080ff3f [data+0x2a0]=01 [data+0x400]=03
#case xsave_misaligned 32 64
#in eax=3
        xsave   [data+0x210]
#code32 0fae2510020002
#out32 stop=sigsegv.0x80@0x0 rip=code
#code64 0fae242510020002
#out64 stop=sigsegv.0x80@0x0 rip=code
#case xsave_fault 32 64
#in eax=3
        xsave   [data+0x1e00]
#code32 0fae25001e0002
#out32 stop=sigsegv.0x1@0x200203f rip=code
#code64 0fae2425001e0002
#out64 stop=sigsegv.0x1@0x200203f rip=code
#case xrstor_both 32 64
#in eax=3 [data+0x200]=7f02400ef100 [data+0x218]=a01f0000 [data+0x220]=0100000000000080ff3f [data+0x2a0]=78563412 [data+0x400]=03 xmm1=5
        xrstor  [data+0x200]
#code32 0fae2d00020002
#out32 cw=0x27f sw=0xe40 used=0xf1 r1=3fff:8000000000000001 xmm0=0x12345678 xmm1=0x0 mxcsr=0x1fa0
#code64 0fae2c2500020002
#out64 cw=0x27f sw=0xe40 used=0xf1 r1=3fff:8000000000000001 xmm0=0x12345678 xmm1=0x0 mxcsr=0x1fa0
#case xrstor_initial 32 64
#in eax=3 [data+0x200]=7f02400ef100 [data+0x218]=a01f0000 [data+0x220]=0100000000000080ff3f [data+0x2a0]=78563412 [data+0x400]=00|01|02 xmm1=5 st0=4000:8000000000000000 sw=0x1800
        xrstor  [data+0x200]
#code32 0fae2d00020002
#out32 sw=0x0 used=0x0 r3=0000:0000000000000000 xmm1=0x0 mxcsr=0x1fa0
#out32 cw=0x27f sw=0xe40 used=0xf1 r1=3fff:8000000000000001 r3=0000:0000000000000000 xmm1=0x0 mxcsr=0x1fa0
#out32 sw=0x0 used=0x0 r3=0000:0000000000000000 xmm0=0x12345678 xmm1=0x0 mxcsr=0x1fa0
#code64 0fae2c2500020002
#out64 sw=0x0 used=0x0 r3=0000:0000000000000000 xmm1=0x0 mxcsr=0x1fa0
#out64 cw=0x27f sw=0xe40 used=0xf1 r1=3fff:8000000000000001 r3=0000:0000000000000000 xmm1=0x0 mxcsr=0x1fa0
#out64 sw=0x0 used=0x0 r3=0000:0000000000000000 xmm0=0x12345678 xmm1=0x0 mxcsr=0x1fa0
#case xrstor_one 32 64
#in eax=1|2 [data+0x200]=7f02400ef100 [data+0x218]=a01f0000 [data+0x220]=0100000000000080ff3f [data+0x2a0]=78563412 [data+0x400]=03 xmm1=5
        xrstor  [data+0x200]
#code32 0fae2d00020002
#out32 cw=0x27f sw=0xe40 used=0xf1 r1=3fff:8000000000000001
#out32 xmm0=0x12345678 xmm1=0x0 mxcsr=0x1fa0
#code64 0fae2c2500020002
#out64 cw=0x27f sw=0xe40 used=0xf1 r1=3fff:8000000000000001
#out64 xmm0=0x12345678 xmm1=0x0 mxcsr=0x1fa0
#case xrstor_bad_header 32 64
#in eax=3 [data+0x400]=0000000000000080|00000000000000000100000000000000|00000000000000000000000000000000010000000000
        xrstor  [data+0x200]
#code32 0fae2d00020002
#out32 stop=sigsegv.0x80@0x0 rip=code
#out32 stop=sigsegv.0x80@0x0 rip=code
#out32 stop=sigsegv.0x80@0x0 rip=code
#code64 0fae2c2500020002
#out64 stop=sigsegv.0x80@0x0 rip=code
#out64 stop=sigsegv.0x80@0x0 rip=code
#out64 stop=sigsegv.0x80@0x0 rip=code
#case xrstor_bad_mxcsr 32 64
#in eax=3|1 [data+0x218]=00000400 [data+0x400]=03|01
        xrstor  [data+0x200]
#code32 0fae2d00020002
#out32 stop=sigsegv.0x80@0x0 rip=code
#out32 stop=sigsegv.0x80@0x0 rip=code
#out32 cw=0x40
#out32 cw=0x40
#code64 0fae2c2500020002
#out64 stop=sigsegv.0x80@0x0 rip=code
#out64 stop=sigsegv.0x80@0x0 rip=code
#out64 cw=0x40
#out64 cw=0x40
#case xrstor_misaligned 32 64
#in eax=3
        xrstor  [data+0x208]
#code32 0fae2d08020002
#out32 stop=sigsegv.0x80@0x0 rip=code
#code64 0fae2c2508020002
#out64 stop=sigsegv.0x80@0x0 rip=code
