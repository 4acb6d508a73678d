# Decimal adjustment and what else only 32-bit code has.

#case aaa 32
#in eax=0x0009|0x000a|0x01ff|0x00f9 flags=none|af
        aaa
#code32 37
#out32 undef=pf+zf+sf+of
#out32 eax=0x10f flags=cf+af undef=pf+zf+sf+of
#out32 eax=0x100 flags=cf+af undef=pf+zf+sf+of
#out32 eax=0x100 flags=cf+af undef=pf+zf+sf+of
#out32 eax=0x305 flags=cf+af undef=pf+zf+sf+of
#out32 eax=0x305 flags=cf+af undef=pf+zf+sf+of
#out32 eax=0x9 undef=pf+zf+sf+of
#out32 eax=0x10f flags=cf+af undef=pf+zf+sf+of
#case aas 32
#in eax=0x0009|0x000a|0x0100|0x01ff flags=none|af
        aas
#code32 3f
#out32 undef=pf+zf+sf+of
#out32 eax=0xff03 flags=cf+af undef=pf+zf+sf+of
#out32 eax=0xff04 flags=cf+af undef=pf+zf+sf+of
#out32 eax=0xff04 flags=cf+af undef=pf+zf+sf+of
#out32 undef=pf+zf+sf+of
#out32 eax=0xff0a flags=cf+af undef=pf+zf+sf+of
#out32 eax=0x9 flags=cf+af undef=pf+zf+sf+of
#out32 eax=0x9 flags=cf+af undef=pf+zf+sf+of
#case daa 32
#in eax=0x99|0x9a|0x0a|0xff|0x60 flags=none|cf|af|cf+af
        daa
#code32 27
#out32 flags=pf+sf undef=of
#out32 eax=0xf9 flags=cf+pf+sf undef=of
#out32 eax=0x9f flags=pf+af+sf undef=of
#out32 eax=0xff flags=cf+pf+af+sf undef=of
#out32 eax=0x0 flags=cf+pf+af+zf undef=of
#out32 eax=0x0 flags=cf+pf+af+zf undef=of
#out32 eax=0x0 flags=cf+pf+af+zf undef=of
#out32 eax=0x0 flags=cf+pf+af+zf undef=of
#out32 eax=0x10 flags=af undef=of
#out32 eax=0x70 flags=cf+af undef=of
#out32 eax=0x10 undef=of
#out32 eax=0x70 undef=of
#out32 eax=0x65 flags=cf+pf+af undef=of
#out32 eax=0x65 flags=cf+pf+af undef=of
#out32 eax=0x65 flags=cf+pf+af undef=of
#out32 eax=0x65 flags=cf+pf+af undef=of
#out32 flags=pf undef=of
#out32 eax=0xc0 flags=cf+pf+sf undef=of
#out32 eax=0x66 flags=pf+af undef=of
#out32 eax=0xc6 flags=cf+pf+af+sf undef=of
#case das 32
#in eax=0x99|0x9a|0x06|0xff|0x00 flags=none|cf|af|cf+af
        das
#code32 2f
#out32 flags=pf+sf undef=of
#out32 eax=0x39 flags=cf+pf undef=of
#out32 eax=0x93 flags=pf+af+sf undef=of
#out32 eax=0x33 flags=cf+pf+af undef=of
#out32 eax=0x34 flags=cf+af undef=of
#out32 eax=0x34 flags=cf+af undef=of
#out32 eax=0x34 flags=cf+af undef=of
#out32 eax=0x34 undef=of
#out32 flags=pf undef=of
#out32 eax=0xa6 flags=cf+pf+sf undef=of
#out32 eax=0x0 flags=pf+af+zf undef=of
#out32 eax=0xa0 flags=cf+pf+af+sf undef=of
#out32 eax=0x99 flags=cf+pf+af+sf undef=of
#out32 eax=0x99 flags=cf+pf+af+sf undef=of
#out32 eax=0x99 flags=cf+pf+af+sf undef=of
#out32 eax=0x99 flags=cf+pf+af+sf undef=of
#out32 flags=pf+zf undef=of
#out32 eax=0xa0 flags=cf+pf+sf undef=of
#out32 eax=0xfa flags=cf+pf+af+sf undef=of
#out32 eax=0x9a flags=cf+pf+af+sf undef=of
#case aam 32
#in eax=0x00|0x63|0xff
        aam
        aam     7
#code32 d40ad407
#out32 flags=pf+zf undef=cf+af+of
#out32 eax=0x102 undef=cf+af+of
#out32 eax=0x5 flags=pf undef=cf+af+of
#case aam_zero 32
#in eax=5
        aam     0
#code32 d400
#out32 stop=sigfpe.0x1@code rip=code
#case aad 32
#in eax=0x0909|0xff01
        aad
        aad     16
#code32 d50ad510
#out32 eax=0x63 flags=pf undef=cf+af+of
#out32 eax=0xf7 flags=sf undef=cf+af+of
#case into 32
#in flags=none|of
        into
#code32 ce
#out32 -
#out32 stop=sigsegv.0x80@0x0 rip=code+0x1
#case bound 32
#in eax=-6|-5|5|6 [data]=fbffffff05000000
        bound   eax, [data]
#code32 620500000002
#out32 stop=sigsegv.0x80@0x0 rip=code
#out32 -
#out32 -
#out32 stop=sigsegv.0x80@0x0 rip=code
#case les_is_not_vex 32
#in edi=data [data]=112233442b00
        les     eax, [edi]
#code32 c407
#out32 eax=0x44332211
#case salc 32
#in flags=none|cf eax=0x1255
        .byte   0xd6
#code32 d6
#out32 eax=0x1200
#out32 eax=0x12ff
#case inc_by_one_byte 32
#in flags=cf eax=-1 ecx=0x7fffffff
        inc     eax
        dec     ecx
#code32 4049
#out32 eax=0x0 ecx=0x7ffffffe
#case not_in_long_mode 64
        .byte   0x06
#code64 06
#out64 stop=sigill.0x2@code rip=code
#case address_size_16 32
#in ebx=0xffff0010 esi=0xffff0004
        lea     ax, [bx+si+2]
        lea     ecx, [bp-1]
#code32 67668d4002678d4eff
#out32 eax=0x16 ecx=0xffff
